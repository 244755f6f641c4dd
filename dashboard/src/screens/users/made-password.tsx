/** A password that the node has made, shown once. */

import { Once } from "../../ui/copy";

export function MadePassword({ email, password }: { email: string; password: string }) {
  return (
    <div className="flex flex-col gap-2">
      <p className="text-ink-soft">
        {`The password of ${email}, shown this once. At the first sign-in another one must be chosen.`}
      </p>
      <Once text={password} testId="made-password" name="Copy the password" />
    </div>
  );
}
