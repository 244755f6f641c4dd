/** What a user may do, role by role; everybody may look. */

import { ROLE_WORDS } from "../../people/words";
import { Check } from "../../ui/field";

export type RoleName = "viewer" | "trader" | "admin";

const HIGHER: readonly RoleName[] = ["trader", "admin"];

interface RoleChoiceProps {
  roles: readonly RoleName[];
  onChange: (roles: RoleName[]) => void;
  isOff?: boolean;
}

export function RoleChoice({ roles, onChange, isOff = false }: RoleChoiceProps) {
  const turn = (role: RoleName, isOn: boolean) => {
    const held = HIGHER.filter((one) => (one === role ? isOn : roles.includes(one)));
    onChange(held.length === 0 ? ["viewer"] : held);
  };
  return (
    <fieldset className="flex flex-col" data-testid="roles">
      <legend className="text-xs text-ink-faint">Roles</legend>
      <Check label={wordsOf("viewer")} isChecked isOff onChange={() => {}} />
      {HIGHER.map((role) => (
        <Check
          key={role}
          label={wordsOf(role)}
          isChecked={roles.includes(role)}
          isOff={isOff}
          onChange={(isOn) => turn(role, isOn)}
        />
      ))}
    </fieldset>
  );
}

function wordsOf(role: RoleName): string {
  const { name, about } = ROLE_WORDS[role];
  return `${name}: ${about}`;
}
