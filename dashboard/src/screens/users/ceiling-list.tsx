/** The most that a user's limits may be set to; the user can make each of them stricter. */

import type { Schemas } from "whisperer-client";
import { type Rule, ruleText } from "../../account/rules";
import { type Most, RuleList } from "../../account/ui/rule-list";
import { amountText } from "../../account/words";
import { useLoaded } from "../../state/loaded";
import { useNode } from "../../state/node";
import { Message, Waiting } from "../../ui/message";

type Answer = Schemas["LimitsAnswer"];

export function CeilingList({ userId: user_id }: { userId: string }) {
  const { rest } = useNode();
  const path = "/api/v1/users/{user_id}/limits";
  const { value, fault, reload } = useLoaded(() => rest.get(path, { user_id }), [rest, user_id]);
  if (value === null) {
    return fault ? <Message icon="alert" title={fault} /> : <Waiting label="Loading the limits" rows={3} />;
  }
  const set = async (rule: Rule, most: Most) => {
    await rest.send("patch", path, { [rule]: most }, { user_id });
    await reload();
  };
  return (
    <RuleList
      name="ceilings"
      verb="Change the most"
      onSet={set}
      standing={(rule) => <Standing answer={value} rule={rule} />}
    />
  );
}

function Standing({ answer: { limits, ceilings }, rule }: { answer: Answer; rule: Rule }) {
  const isStricter = limits[rule] !== ceilings[rule] && limits[rule] !== null;
  return (
    <span className="ml-auto text-right">
      <span className="font-medium">{ruleText(rule, ceilings[rule], "")}</span>
      {isStricter && <span className="block text-ink-faint">{`set to ${amountText(String(limits[rule]))}`}</span>}
    </span>
  );
}
