import type { Problem, ProblemResponse } from "@/wire";

/** An answer that is not 2xx, or none at all (`problem` is null). */
export class ApiError extends Error {
  constructor(
    readonly status: number,
    readonly problem: Problem | null,
  ) {
    super(problem?.message ?? `HTTP ${status}`);
  }
}

/** Asks the service for JSON; throws `ApiError`. */
export async function request<T>(method: string, path: string, body?: object): Promise<T> {
  const init: RequestInit = { method, credentials: "same-origin", headers: { Accept: "application/json" } };
  if (body) {
    init.body = JSON.stringify(body);
    init.headers = { ...init.headers, "Content-Type": "application/json" };
  }
  const response = await fetch(path, init).catch(() => {
    throw new ApiError(0, null);
  });
  const text = await response.text();
  if (!response.ok) throw new ApiError(response.status, problemOf(text));
  return (text ? JSON.parse(text) : undefined) as T;
}

function problemOf(text: string): Problem | null {
  try {
    return (JSON.parse(text) as ProblemResponse).problem ?? null;
  } catch {
    return null; // A proxy's error page, not ours.
  }
}
