/** A new second factor: its QR code, its secret for those who cannot scan, and the first code. */

import type { Schemas } from "whisperer-client";
import { grouped } from "../../people/factor";
import { CopyButton } from "../../ui/copy";
import { QrCode } from "../../ui/qr";
import { CodeQuestion } from "./code-question";

interface EnrollFormProps {
  secret: Schemas["TwoFactorSecret"];
  onCode: (code: string) => Promise<void>;
  onLeave: () => void;
}

export function EnrollForm({ secret, onCode, onLeave }: EnrollFormProps) {
  return (
    <div className="flex flex-col gap-4" data-testid="enroll">
      <div className="flex flex-col gap-4 sm:flex-row">
        <QrCode text={secret.uri} label="QR code for your authenticator app" />
        <div className="flex min-w-0 flex-col items-start gap-2">
          <p className="text-ink-soft">Scan this with your authenticator app, or type the secret into it.</p>
          <code data-testid="factor-secret" className="font-mono text-xs break-all select-all">
            {grouped(secret.secret)}
          </code>
          <CopyButton text={secret.secret} label="Copy the secret" />
        </div>
      </div>
      <CodeQuestion text="" action="Switch it on" onCode={onCode} onLeave={onLeave} />
    </div>
  );
}
