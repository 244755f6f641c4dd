/** Where the page keeps its sign-in: one name in the browser, for every tab and for the pages of the documentation. */

import { Auth, BrowserShelf } from "whisperer-client";

const NAME = "whisperer.sign-in";

/** The sign-in of this browser. */
export function keptAuth(origin: string): Auth {
  return new Auth(origin, { shelf: new BrowserShelf(NAME) });
}

/** The header that signs a request in; none while nobody is signed in. */
export async function signedHeaders(): Promise<Record<string, string>> {
  const auth = keptAuth(location.origin);
  try {
    if (auth.state.get().phase !== "in") return {};
    const token = await auth.current();
    return token === null ? {} : { authorization: `Bearer ${token}` };
  } catch {
    return {};
  } finally {
    auth.close();
  }
}
