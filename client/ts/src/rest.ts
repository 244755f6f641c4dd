/** The REST API of a node. */

import { type Tokens, tokensOf } from "./tokens.ts";
import type { Answer, Body, ErrorItem, Method, PathOf, Problem, Question, TextPath, TextQuestion } from "./types.ts";

/** Longer waits than this are told to the caller in place of being waited for. */
const LONGEST_WAIT_MS = 10_000;
/** How long an answer may take, its body too. */
export const TIMEOUT_MS = 30_000;
/** What a token is refused with, unlike a password or a code. */
const STALE: ReadonlySet<string> = new Set(["token_expired", "session_revoked", "unauthorized"]);

/** A request the node refused, or that it did not answer in time or at all (status 0, code `unreachable`). */
export class ApiError extends Error {
  readonly status: number;
  /** One of the codes of docs/errors.md. */
  readonly code: string;
  readonly requestId: string | null;
  readonly retryAfterMs: number | null;
  /** Where the faults are, each with the path of its field: `$.price`. */
  readonly errors: readonly ErrorItem[];

  constructor(
    status: number,
    code: string,
    message: string,
    requestId: string | null = null,
    retryAfterMs: number | null = null,
    errors: readonly ErrorItem[] = [],
  ) {
    super(message);
    this.name = "ApiError";
    this.status = status;
    this.code = code;
    this.requestId = requestId;
    this.retryAfterMs = retryAfterMs;
    this.errors = errors;
  }
}

export class Rest {
  private readonly origin: string;
  private readonly tokens: Tokens | null;
  private readonly timeoutMs: number;

  /**
   * Requests go to `origin` (empty: the page's own), signed in with `token` if there is one, renewed where it can be;
   * a node that is silent for `timeoutMs` is as one that is away.
   */
  constructor(origin = "", token: string | Tokens | null = null, timeoutMs = TIMEOUT_MS) {
    this.origin = origin;
    this.tokens = tokensOf(token);
    this.timeoutMs = timeoutMs;
  }

  /** Ask once, and once more when the node says after how long. */
  async get<P extends PathOf<"get">>(path: P, question: Question<"get", P> | null = null): Promise<Answer<"get", P>> {
    try {
      return await this.once("get", path, question, undefined);
    } catch (error) {
      if (!(error instanceof ApiError) || error.retryAfterMs === null || error.retryAfterMs > LONGEST_WAIT_MS) {
        throw error;
      }
      await new Promise((resolve) => setTimeout(resolve, error.retryAfterMs ?? 0));
      return this.once("get", path, question, undefined);
    }
  }

  /** Ask for what is no JSON, as text: a page, a file. */
  async text<P extends TextPath>(path: P, question: TextQuestion<P> | null = null): Promise<string> {
    return read((await this.asked("get", path, question, undefined)).text());
  }

  /** Change something: once, because a second time may not mean the same. */
  send<M extends Exclude<Method, "get">, P extends PathOf<M>>(
    method: M,
    path: P,
    body?: Body<M, P>,
    question: Question<M, P> | null = null,
  ): Promise<Answer<M, P>> {
    return this.once(method, path, question, body);
  }

  private async once<T>(method: Method, path: string, question: object | null, body: unknown): Promise<T> {
    const answer = await this.asked(method, path, question, body);
    return answer.status === 204 ? (undefined as T) : read(answer.json() as Promise<T>);
  }

  private async asked(method: Method, path: string, question: object | null, body: unknown): Promise<Response> {
    const address = this.origin + addressOf(path, question);
    const token = (await this.tokens?.current()) ?? null;
    let answer = await this.ask(method, address, token, body);
    if (!answer.ok) {
      const error = await refusal(answer);
      // refused before anything was done: the same with another token is no second time
      const isOver = token !== null && error.status === 401 && STALE.has(error.code);
      const other = isOver ? await this.tokens?.instead(token).catch(() => null) : null;
      if (!other) throw error;
      answer = await this.ask(method, address, other, body);
      if (!answer.ok) throw await refusal(answer);
    }
    return answer;
  }

  private async ask(method: Method, address: string, token: string | null, body: unknown): Promise<Response> {
    const headers: Record<string, string> = { accept: "application/json, text/*;q=0.5" };
    if (body !== undefined) headers["content-type"] = "application/json";
    if (token !== null) headers.authorization = `Bearer ${token}`;
    try {
      return await fetch(address, {
        method: method.toUpperCase(),
        headers,
        signal: AbortSignal.timeout(this.timeoutMs),
        ...(body !== undefined && { body: JSON.stringify(body) }),
      });
    } catch {
      throw new ApiError(0, "unreachable", "The node does not answer.");
    }
  }
}

async function read<T>(body: Promise<T>): Promise<T> {
  try {
    return await body;
  } catch {
    throw new ApiError(0, "unreachable", "The answer of the node was cut off.");
  }
}

/** Return a path with its `{places}` filled and the rest as its query; what is null or undefined is left out. */
export function addressOf(path: string, question: object | null): string {
  const query = new URLSearchParams();
  let filled = path;
  for (const [name, value] of Object.entries(question ?? {})) {
    if (value === null || value === undefined) continue;
    if (filled.includes(`{${name}}`)) filled = filled.replace(`{${name}}`, encodeURIComponent(String(value)));
    else query.append(name, String(value));
  }
  return query.size === 0 ? filled : `${filled}?${query}`;
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
    problem.errors ?? [],
  );
}
