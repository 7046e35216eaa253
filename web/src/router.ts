import { createRouter, createWebHistory, type Router } from "vue-router";
import type { Session } from "./session";

/** The pages. All but the login page need a session; without one the login page comes first and leads back. */
export function createPages(session: Session): Router {
  const router = createRouter({
    history: createWebHistory(),
    routes: [
      { path: "/", redirect: "/panel" },
      { path: "/login", name: "login", component: () => import("./pages/LoginPage.vue"), meta: { open: true } },
      { path: "/panel", name: "panel", component: () => import("./pages/PanelPage.vue") },
      { path: "/demo", name: "demo", component: () => import("./pages/DemoPage.vue") },
      { path: "/conversations", name: "conversations", component: () => import("./pages/ConversationsPage.vue") },
      {
        path: "/conversations/:id",
        name: "conversation",
        component: () => import("./pages/ConversationPage.vue"),
        props: true,
      },
      { path: "/:rest(.*)*", component: () => import("./pages/MissingPage.vue"), meta: { open: true } },
    ],
  });
  router.beforeEach(async (to) => {
    if (to.meta["open"]) return true;
    const me = await session.load().catch(() => null);
    return me ? true : { name: "login", query: { next: to.fullPath } };
  });
  return router;
}
