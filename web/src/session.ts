/** Who is logged in. */
import { inject, readonly, ref, type InjectionKey, type Ref } from "vue";
import { ApiError } from "@/api/http";
import { rest } from "@/api/rest";
import type { LoginRequest, Me } from "@/wire";

export interface Session {
  me: Readonly<Ref<Me | null>>;
  /** Asks the service, once, who is logged in. */
  load: () => Promise<Me | null>;
  /** Whether the service still knows us; true also while it cannot be reached. */
  stillLoggedIn: () => Promise<boolean>;
  logIn: (request: LoginRequest) => Promise<void>;
  logOut: () => Promise<void>;
}

export const SESSION: InjectionKey<Session> = Symbol("session");

export function createSession(): Session {
  const me = ref<Me | null>(null);
  let loaded: Promise<Me | null> | null = null;

  async function ask(): Promise<Me | null> {
    me.value = await rest.me().catch((error: unknown) => {
      if (error instanceof ApiError && error.status === 401) return null;
      loaded = null;
      throw error;
    });
    return me.value;
  }

  return {
    me: readonly(me) as Readonly<Ref<Me | null>>,
    load: () => (loaded ??= ask()),
    stillLoggedIn: async () => {
      try {
        return (await (loaded = ask())) !== null;
      } catch {
        return true; // Unreachable says nothing about the login.
      }
    },
    logIn: async (request) => {
      me.value = await rest.logIn(request);
      loaded = Promise.resolve(me.value);
    },
    logOut: async () => {
      await rest.logOut();
      me.value = null;
      loaded = Promise.resolve(null);
    },
  };
}

export function useSession(): Session {
  const session = inject(SESSION);
  if (!session) throw new Error("no session is provided here");
  return session;
}
