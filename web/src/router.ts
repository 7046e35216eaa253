import { createRouter, createWebHistory, type Router } from "vue-router";
import { firstPath, mayOpen } from "./nav";
import type { Session } from "./session";

/**
 * The pages. All but the open ones need a session; without one the login page comes first and leads back. Whoever
 * has a temporary password chooses their own first, and what a role may not open says so.
 */
export function createPages(session: Session): Router {
  const router = createRouter({
    history: createWebHistory(),
    routes: [
      { path: "/", name: "start", component: () => import("./pages/MissingPage.vue") },
      { path: "/login", name: "login", component: () => import("./pages/LoginPage.vue"), meta: { open: true } },
      { path: "/panel", name: "panel", component: () => import("./pages/PanelPage.vue") },
      { path: "/floor", name: "floor", component: () => import("./pages/FloorPage.vue") },
      { path: "/demo", name: "demo", component: () => import("./pages/DemoPage.vue") },
      { path: "/conversations", name: "conversations", component: () => import("./pages/ConversationsPage.vue") },
      {
        path: "/conversations/:id",
        name: "conversation",
        component: () => import("./pages/ConversationPage.vue"),
        props: true,
      },
      { path: "/training", name: "training", component: () => import("./pages/TrainingPage.vue") },
      { path: "/admin/privacy", name: "privacy", component: () => import("./pages/PrivacyPage.vue") },
      { path: "/password", name: "password", component: () => import("./pages/PasswordPage.vue") },
      { path: "/no-access", name: "no-access", component: () => import("./pages/NoAccessPage.vue") },
      { path: "/admin/people", name: "people", component: () => import("./pages/PeoplePage.vue") },
      { path: "/:rest(.*)*", component: () => import("./pages/MissingPage.vue"), meta: { open: true } },
    ],
  });
  router.beforeEach(async (to) => {
    if (to.meta["open"]) return true;
    const me = await session.load().catch(() => null);
    if (!me) return { name: "login", query: { next: to.fullPath } };
    if (me.must_change_password) return to.name === "password" || { name: "password", query: { next: to.fullPath } };
    if (to.name === "start") return firstPath(me);
    return mayOpen(me, to.path) || { name: "no-access" };
  });
  return router;
}
