import { createApp } from "vue";
import "./styles/element";
import "./styles/tokens.css";
import "./styles/base.css";
import App from "./App.vue";
import { createI18n } from "./i18n";
import { createPages } from "./router";
import { createSession, SESSION } from "./session";

const session = createSession();
createApp(App).provide(SESSION, session).use(createI18n()).use(createPages(session)).mount("#app");
