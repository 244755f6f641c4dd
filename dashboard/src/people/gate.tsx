/** Lets in whom the node knows: until then one card asks for what is missing. */

import { type ReactNode, useEffect } from "react";
import { usePeople } from "../state/node";
import { useStore } from "../state/store";
import { Button } from "../ui/button";
import { CodeForm } from "./code-form";
import { Frame } from "./frame";
import { PasswordForm } from "./password-form";
import { SignInForm } from "./sign-in-form";

export function Gate({ children }: { children: ReactNode }) {
  const people = usePeople();
  const presence = useStore(people.person.presence);
  const state = useStore(people.auth.state);
  if (presence.phase === "everybody" || presence.phase === "person") return children;
  if (presence.phase === "unknown") return state.phase === "in" ? <Looking /> : children;
  if (presence.phase === "stranger") return <SignIn email={state.phase === "ended" ? state.email : ""} />;
  const email = presence.session.user?.email ?? "";
  if (presence.what === "second_factor") {
    return (
      <Frame title="One more step">
        <CodeForm />
      </Frame>
    );
  }
  return (
    <Frame title="Choose a password of your own">
      <p className="mb-3 text-ink-soft">
        Somebody else has given you the one that you signed in with. Only you will know the new one.
      </p>
      <PasswordForm email={email} hasOld={false} onDone={() => {}} />
      <Button look="bare" className="mt-2 w-full" onClick={() => void people.signOut()}>
        Sign out
      </Button>
    </Frame>
  );
}

function SignIn({ email }: { email: string }) {
  useEffect(() => {
    document.title = "Sign in · Whisperer";
  }, []);
  return (
    <Frame title={email ? "Sign in again" : "Sign in"}>
      <SignInForm email={email} />
    </Frame>
  );
}

/** Somebody is signed in, and the node has not said yet what they may do. */
function Looking() {
  const fault = useStore(usePeople().person.fault);
  return (
    <div role="status" className="flex min-h-dvh items-center justify-center p-6 text-center text-ink-faint">
      {fault === null ? <span className="sr-only">Loading</span> : `${fault} The page tries again by itself.`}
    </div>
  );
}
