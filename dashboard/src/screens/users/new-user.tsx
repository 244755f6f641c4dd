/** A new user: email and roles; the password is made by the node and shown once. */

import { type FormEvent, useState } from "react";
import { useAction } from "../../state/action";
import { useNode } from "../../state/node";
import { Button } from "../../ui/button";
import { Dialog, DialogActions } from "../../ui/dialog";
import { Field } from "../../ui/field";
import { Icon } from "../../ui/icon";
import { RefusedLine } from "../../ui/refused";
import { MadePassword } from "./made-password";
import { RoleChoice, type RoleName } from "./role-choice";

export function NewUser({ onMade }: { onMade: () => Promise<void> }) {
  const [isOpen, setOpen] = useState(false);
  return (
    <>
      <Button look="strong" onClick={() => setOpen(true)}>
        <Icon name="plus" /> Add a user
      </Button>
      <Dialog title="A new user" isOpen={isOpen} onClose={() => setOpen(false)}>
        <NewUserForm onMade={onMade} onClose={() => setOpen(false)} />
      </Dialog>
    </>
  );
}

function NewUserForm({ onMade, onClose }: { onMade: () => Promise<void>; onClose: () => void }) {
  const { rest } = useNode();
  const [run, doing] = useAction();
  const [email, setEmail] = useState("");
  const [roles, setRoles] = useState<RoleName[]>(["trader"]);
  const [made, setMade] = useState<{ email: string; password: string } | null>(null);
  const submit = (event: FormEvent) => {
    event.preventDefault();
    void run(async () => {
      const { user, password } = await rest.send("post", "/api/v1/users", { email: email.trim(), roles });
      setMade({ email: user.email, password: password ?? "" });
      await onMade();
    });
  };
  if (made) {
    return (
      <>
        <MadePassword email={made.email} password={made.password} />
        <DialogActions>
          <Button look="strong" onClick={onClose}>
            I have passed it on
          </Button>
        </DialogActions>
      </>
    );
  }
  return (
    <form onSubmit={submit} className="flex flex-col gap-3">
      <Field
        label="Email"
        type="email"
        data-first
        required
        value={email}
        onChange={(event) => setEmail(event.target.value)}
      />
      <RoleChoice roles={roles} onChange={setRoles} />
      <RefusedLine refused={doing.refused} />
      <DialogActions>
        <Button onClick={onClose}>Cancel</Button>
        <Button type="submit" look="strong" disabled={doing.isBusy || email.trim() === ""}>
          Add
        </Button>
      </DialogActions>
    </form>
  );
}
