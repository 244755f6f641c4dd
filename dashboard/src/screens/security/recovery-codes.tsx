/** Recovery codes, shown once: to be copied or saved before the page goes on. */

import { save } from "../../account/csv";
import { codesText } from "../../people/factor";
import { Button } from "../../ui/button";
import { CopyButton } from "../../ui/copy";
import { Icon } from "../../ui/icon";

interface RecoveryCodesProps {
  codes: readonly string[];
  email: string;
  onDone: () => void;
}

export function RecoveryCodes({ codes, email, onDone }: RecoveryCodesProps) {
  const text = codesText(codes, email);
  return (
    <div className="flex flex-col gap-3">
      <p className="text-ink-soft">
        Keep these recovery codes where you find them without your phone. Each opens your account once. They are not
        shown again.
      </p>
      <ul
        data-testid="recovery-codes"
        className="grid grid-cols-2 gap-x-6 gap-y-1 rounded-md border border-line bg-raised p-3 font-mono"
      >
        {codes.map((code) => (
          <li key={code}>{code}</li>
        ))}
      </ul>
      <div className="flex flex-wrap justify-end gap-2">
        <CopyButton text={codes.join("\n")} label="Copy all" />
        <Button onClick={() => save("whisperer-recovery-codes.txt", text)}>
          <Icon name="save" /> Save
        </Button>
        <Button look="strong" onClick={onDone}>
          I have kept them
        </Button>
      </div>
    </div>
  );
}
