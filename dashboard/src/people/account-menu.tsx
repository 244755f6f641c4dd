/** Who is signed in, in the bar of every screen: role, the way to security and users, sign out. */

import { useId } from "react";
import { href } from "../shell/route";
import { usePeople } from "../state/node";
import { useStore } from "../state/store";
import { Button } from "../ui/button";
import { Icon, type IconName } from "../ui/icon";
import { Popover } from "../ui/popover";
import { has } from "./person";
import { rolesText } from "./words";

export function AccountMenu() {
  const people = usePeople();
  const presence = useStore(people.person.presence);
  const panel = useId();
  if (presence.phase !== "person" || presence.session.user === null) return null;
  const { email } = presence.session.user;
  const close = () => document.getElementById(panel)?.hidePopover();
  return (
    <>
      <button
        type="button"
        popoverTarget={panel}
        data-testid="account-menu"
        aria-label={`Signed in as ${email}`}
        className="target inline-flex items-center justify-center gap-1.5 rounded-md border border-line px-2 font-medium text-ink-soft hover:bg-hover"
      >
        <Icon name="person" className="size-4.5" />
        <span className="hidden max-w-32 truncate 2xl:inline">{email.split("@")[0]}</span>
      </button>
      <Popover id={panel} className="fixed inset-auto top-14 right-3 w-72 p-2">
        <div className="border-b border-line px-2 pt-1 pb-3">
          <p className="font-semibold break-words" data-testid="who">
            {email}
          </p>
          <p className="text-xs text-ink-faint">{rolesText(presence.session.roles)}</p>
        </div>
        <nav aria-label="Your sign-in" className="flex flex-col py-1">
          <Entry to={href("security")} icon="lock" onClick={close}>
            Security
          </Entry>
          {has(presence, "admin") && (
            <Entry to={href("users")} icon="people" onClick={close}>
              Users
            </Entry>
          )}
        </nav>
        <Button className="w-full" onClick={() => void people.signOut()}>
          Sign out
        </Button>
      </Popover>
    </>
  );
}

function Entry({ to, icon, onClick, children }: { to: string; icon: IconName; onClick: () => void; children: string }) {
  return (
    <a href={to} onClick={onClick} className="target flex items-center gap-2 rounded-md px-2 font-medium hover:bg-hover">
      <Icon name={icon} className="size-4 text-ink-faint" />
      {children}
    </a>
  );
}
