/** Questions to the issuer under `/auth/v1`: a password or a refresh token for tokens. */

import { ApiError, TIMEOUT_MS } from "./rest.ts";

/** What an issuer answers a sign-in or a renewal. */
export interface Grant {
  access_token: string;
  refresh_token: string;
  /** Seconds. */
  expires_in: number;
  user: { id: string; email?: string };
}

/**
 * Ask for tokens; `path` is below `/auth/v1`.
 *
 * @throws ApiError With the issuer's code: `invalid_credentials`, `over_request_rate_limit`, `user_banned`, …
 */
export async function grant(origin: string, path: string, body: object): Promise<Grant> {
  let answer: Response;
  try {
    answer = await fetch(`${origin}/auth/v1/${path}`, {
      method: "POST",
      headers: { accept: "application/json", "content-type": "application/json" },
      body: JSON.stringify(body),
      signal: AbortSignal.timeout(TIMEOUT_MS),
    });
  } catch {
    throw new ApiError(0, "unreachable", "The node does not answer.");
  }
  const said = (await answer.json().catch(() => ({}))) as Partial<Grant> & Record<string, unknown>;
  if (!answer.ok) throw refusalOf(answer, said);
  if (typeof said.access_token !== "string" || typeof said.refresh_token !== "string" || !said.user) {
    // a new user whose email is to be confirmed first
    const code = path === "signup" ? "email_not_confirmed" : "internal";
    throw new ApiError(answer.status, code, "The answer of the issuer has no tokens.");
  }
  return said as Grant;
}

function refusalOf(answer: Response, said: Record<string, unknown>): ApiError {
  const text = [said.message, said.msg, said.detail, said.error_description].find((one) => typeof one === "string");
  const code = [said.code, said.error_code, said.error].find((one) => typeof one === "string");
  const wait = Number(answer.headers.get("retry-after"));
  return new ApiError(
    answer.status,
    code ?? "internal",
    text ?? `HTTP ${answer.status}`,
    answer.headers.get("x-request-id"),
    wait > 0 ? wait * 1000 : null,
  );
}

/** Seconds that an access token lives, of its own claims; `otherwise` when they cannot be read. */
export function lifetimeOf(accessToken: string, otherwise: number): number {
  try {
    const payload = (accessToken.split(".")[1] ?? "").replaceAll("-", "+").replaceAll("_", "/");
    const { exp, iat } = JSON.parse(atob(payload)) as { exp?: unknown; iat?: unknown };
    return typeof exp === "number" && typeof iat === "number" && exp > iat ? exp - iat : otherwise;
  } catch {
    return otherwise;
  }
}
