/** The end of a sign-in: a strip warns of it, and when it has come one signs in again without losing the page. */

import { useEffect, useRef } from "react";
import { usePeople } from "../state/node";
import { useStore } from "../state/store";
import { useNow } from "../state/ticking";
import { Button } from "../ui/button";
import { Icon } from "../ui/icon";
import { CodeForm } from "./code-form";
import { endsIn } from "./ending";
import { PasswordForm } from "./password-form";
import { SignInForm } from "./sign-in-form";
import { waitText } from "./words";

export function ExpiryStrip() {
  const { auth, person } = usePeople();
  const state = useStore(auth.state);
  const presence = useStore(person.presence);
  const now = useNow(1_000);
  const untilMs = presence.phase === "person" ? presence.session.until_ms : null;
  const ending = endsIn(state, untilMs ?? null, now);
  if (ending === null) return null;
  return (
    <div
      data-testid="expiry"
      role="status"
      className="flex flex-wrap items-center gap-x-3 bg-warn-wash px-3 py-1 text-xs font-medium text-warn"
    >
      <Icon name="alert" />
      <span className="min-w-0 flex-1">
        {`Your sign-in ends in ${waitText(ending.leftMs)}. ${
          ending.why === "session"
            ? "Sign out and in again to go on without a break."
            : "It could not be renewed; you will be asked for your password, and nothing you typed is lost."
        }`}
      </span>
      {ending.why !== "session" && <Button onClick={() => void auth.renew()}>Try to renew</Button>}
    </div>
  );
}

/** Comes over the page once the sign-in has ended; what is below stays as it is. */
export function SignInAgain() {
  const people = usePeople();
  const state = useStore(people.auth.state);
  const presence = useStore(people.person.presence);
  const waiting = useStore(people.person.waiting);
  const ref = useRef<HTMLDialogElement>(null);
  const isOpen = presence.phase === "person" && (state.phase === "ended" || waiting !== null);
  useEffect(() => {
    const dialog = ref.current!;
    if (isOpen && !dialog.open) {
      dialog.showModal();
      dialog.querySelector<HTMLElement>("[name=password]")?.focus();
    }
    if (!isOpen && dialog.open) dialog.close();
  }, [isOpen]);
  return (
    <dialog
      ref={ref}
      aria-labelledby="sign-in-again"
      data-testid="sign-in-again"
      // Escape would leave a page that can do nothing
      onCancel={(event) => event.preventDefault()}
      className="m-auto w-[25rem] max-w-[calc(100vw-1.5rem)] rounded-lg border border-line bg-surface p-4 text-left text-sm text-ink shadow-lg backdrop:bg-black/50"
    >
      {isOpen && (
        <>
          <h2 id="sign-in-again" className="text-base font-semibold">
            Sign in again
          </h2>
          <p className="mt-1 mb-3 text-ink-soft">Your sign-in has ended. The page stays as you left it.</p>
          {state.phase === "ended" ? (
            <>
              <SignInForm email={state.email} />
              <Button look="bare" className="mt-2 w-full" onClick={() => void people.signOut()}>
                Leave
              </Button>
            </>
          ) : waiting?.pending === "password" ? (
            <PasswordForm email={waiting.user?.email ?? ""} hasOld={false} onDone={() => {}} />
          ) : (
            <CodeForm />
          )}
        </>
      )}
    </dialog>
  );
}
