/** The REST API of the node that served this page. */

import type { Answer, JsonPath, Problem, Query } from "./types";

/** Longer waits than this are told to the user in place of being waited for. */
const LONGEST_WAIT_MS = 10_000;

/** A request the node refused, or that did not reach it (status 0, code `unreachable`). */
export class ApiError extends Error {
  constructor(
    readonly status: number,
    readonly code: string,
    message: string,
    readonly requestId: string | null = null,
    readonly retryAfterMs: number | null = null,
  ) {
    super(message);
  }
}

export class Rest {
  /** Ask once, and once more when the node says after how long. */
  async get<P extends JsonPath>(path: P, query: Query<P> | null = null): Promise<Answer<P>> {
    const address = addressOf(path, query);
    try {
      return await fetchJson<Answer<P>>(address);
    } catch (error) {
      if (!(error instanceof ApiError) || error.retryAfterMs === null || error.retryAfterMs > LONGEST_WAIT_MS) {
        throw error;
      }
      await new Promise((resolve) => setTimeout(resolve, error.retryAfterMs ?? 0));
      return fetchJson<Answer<P>>(address);
    }
  }
}

/** Return a path with its query; what is null or undefined is left out. */
export function addressOf(path: string, query: object | null): string {
  const pairs = Object.entries(query ?? {}).filter(([, value]) => value !== null && value !== undefined);
  if (pairs.length === 0) return path;
  return `${path}?${new URLSearchParams(pairs.map(([name, value]) => [name, String(value)]))}`;
}

async function fetchJson<T>(address: string): Promise<T> {
  let answer: Response;
  try {
    answer = await fetch(address, { headers: { accept: "application/json" } });
  } catch {
    throw new ApiError(0, "unreachable", "The node does not answer.");
  }
  if (!answer.ok) throw await refusal(answer);
  return (await answer.json()) as T;
}

async function refusal(answer: Response): Promise<ApiError> {
  const problem = (await answer.json().catch(() => ({}))) as Partial<Problem>;
  const wait = Number(answer.headers.get("retry-after"));
  return new ApiError(
    answer.status,
    problem.code ?? "internal",
    problem.detail ?? `HTTP ${answer.status}`,
    problem.request_id ?? answer.headers.get("x-request-id"),
    wait > 0 ? wait * 1000 : null,
  );
}
