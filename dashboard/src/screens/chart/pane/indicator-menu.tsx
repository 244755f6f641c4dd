/** Adds indicators to a chart: a list that can be searched, and the parameters of the one that is picked. */

import { type FormEvent, useEffect, useId, useState } from "react";
import { ApiError } from "whisperer-client";
import { type IndicatorKind, indicatorName, MOST_INDICATORS, type Parameter, search } from "../../../market/indicators";
import { useNode } from "../../../state/node";
import { workspace } from "../../../state/workspace";
import { Button } from "../../../ui/button";
import { Foldable } from "../../../ui/foldable";
import { Icon } from "../../../ui/icon";
import { Message, Waiting } from "../../../ui/message";
import { Popover } from "../../../ui/popover";
import type { ShownPane } from "../shown-pane";

interface IndicatorMenuProps {
  index: number;
  pane: ShownPane;
  /** Whether there is no room for the word. */
  isSmall?: boolean;
}

export function IndicatorMenu({ index, pane, isSmall = false }: IndicatorMenuProps) {
  const panel = useId();
  const [isOpen, setOpen] = useState(false);
  return (
    <>
      <Button
        popoverTarget={panel}
        aria-label={isSmall ? `Indicators of chart ${index + 1}` : undefined}
        title="Add an indicator"
        className={isSmall ? "px-0" : ""}
      >
        <Icon name="signals" />
        {!isSmall && "Indicators"}
      </Button>
      <Popover
        id={panel}
        role="dialog"
        aria-label="Add an indicator"
        onToggle={(event) => setOpen(event.newState === "open")}
        className="m-auto max-h-[80dvh] w-[26rem] overflow-hidden open:flex open:flex-col"
      >
        {isOpen && (
          <Catalogue index={index} pane={pane} onAdded={() => document.getElementById(panel)?.hidePopover()} />
        )}
      </Popover>
    </>
  );
}

interface CatalogueProps extends IndicatorMenuProps {
  onAdded: () => void;
}

function Catalogue({ index, pane, onAdded }: CatalogueProps) {
  const node = useNode();
  const [catalogue, setCatalogue] = useState<readonly IndicatorKind[] | null>(null);
  const [failure, setFailure] = useState("");
  const [filter, setFilter] = useState("");
  const [picked, setPicked] = useState<string | null>(null);
  useEffect(() => {
    node.indicatorCatalogue().then(setCatalogue, (error: Error) => setFailure(error.message));
  }, [node]);
  if (failure)
    return (
      <Message icon="alert" title="The indicators could not be read">
        {failure}
      </Message>
    );
  if (!catalogue) return <Waiting label="Loading the indicators" rows={6} />;
  const found = search(catalogue, filter);
  return (
    <>
      <header className="flex flex-col gap-2 border-b border-line p-3">
        <h2 className="text-base font-semibold">{`Indicators of ${pane.instrument.instrument_id}, ${pane.interval}`}</h2>
        <input
          type="search"
          autoFocus
          aria-label="Find an indicator"
          placeholder="Find by name or by what it does"
          value={filter}
          onChange={(event) => setFilter(event.target.value)}
          className="target rounded-md border border-line-strong bg-surface px-2.5 text-ink placeholder:text-ink-faint"
        />
      </header>
      <ul className="min-h-0 divide-y divide-line overflow-y-auto" data-testid="catalogue">
        {found.map((kind) => (
          <Item
            key={kind.name}
            kind={kind}
            isPicked={kind.name === picked}
            onPick={() => setPicked(kind.name === picked ? null : kind.name)}
            index={index}
            pane={pane}
            onAdded={onAdded}
          />
        ))}
      </ul>
      {found.length === 0 && <p className="p-3 text-ink-soft">No indicator has this in its name.</p>}
    </>
  );
}

interface ItemProps extends CatalogueProps {
  kind: IndicatorKind;
  isPicked: boolean;
  onPick: () => void;
}

function Item({ kind, isPicked, onPick, ...rest }: ItemProps) {
  return (
    <Foldable
      isPicked={isPicked}
      onPick={onPick}
      className="py-1.5"
      head={
        <>
          <span className="font-medium">{kind.name}</span>
          <span className="text-xs text-ink-soft">{kind.about}</span>
        </>
      }
    >
      <Form kind={kind} {...rest} />
    </Foldable>
  );
}

function Form({ kind, index, pane, onAdded }: CatalogueProps & { kind: IndicatorKind }) {
  const { rest } = useNode();
  const [refusal, setRefusal] = useState("");
  const add = async (event: FormEvent<HTMLFormElement>) => {
    event.preventDefault();
    const form = new FormData(event.currentTarget);
    const asked = indicatorName(
      kind,
      kind.parameters.map((parameter) => String(form.get(parameter.name) ?? "")),
    );
    const { instrument, interval, indicators } = pane;
    if (indicators.length >= MOST_INDICATORS) return setRefusal(`A chart has room for ${MOST_INDICATORS} indicators.`);
    try {
      const question = { instrument_id: instrument.instrument_id, interval, name: asked, limit: 1 };
      const { name } = await rest.get("/api/v1/indicators", question);
      if (!indicators.includes(name)) workspace.change(index, { indicators: [...indicators, name] });
      onAdded();
    } catch (error) {
      setRefusal(error instanceof ApiError ? error.message : String(error));
    }
  };
  return (
    <form onSubmit={(event) => void add(event)} className="flex flex-col gap-2 px-3 pb-3">
      <div className="grid grid-cols-2 gap-2">
        {kind.parameters.map((parameter) => (
          <Field key={parameter.name} parameter={parameter} />
        ))}
      </div>
      {refusal && (
        <p role="alert" className="text-xs text-down">
          {refusal}
        </p>
      )}
      <Button type="submit" look="strong">
        <Icon name="plus" /> {`Add ${kind.name}`}
      </Button>
    </form>
  );
}

const FIELD = "target w-full rounded-md border border-line-strong bg-surface px-2 text-ink";

function Field({
  parameter: { name, type, default: first, minimum, maximum, choices, about },
}: {
  parameter: Parameter;
}) {
  const words = name.replaceAll("_", " ");
  return (
    <label className="flex flex-col gap-0.5 text-xs text-ink-soft" title={about}>
      {words}
      {type === "choice" ? (
        <select name={name} aria-label={words} defaultValue={String(first)} className={FIELD}>
          {choices.map((choice) => (
            <option key={choice}>{choice}</option>
          ))}
        </select>
      ) : (
        <input
          type="number"
          name={name}
          required
          min={minimum ?? undefined}
          max={maximum ?? undefined}
          step={type === "integer" ? 1 : "any"}
          defaultValue={String(first)}
          className={FIELD}
        />
      )}
    </label>
  );
}
