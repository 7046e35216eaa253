import { createApp } from "vue";
import "./styles/tokens.css";
import "./styles/base.css";
import ChatPage from "./chat/ChatPage.vue";
import { createI18n } from "./i18n";

createApp(ChatPage).use(createI18n()).mount("#app");
