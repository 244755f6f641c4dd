/** How signals are made, for everybody to read and for admins to change while the node runs. */

import { When } from "../../people/when";
import { useLoaded } from "../../state/loaded";
import { useNode, useRole } from "../../state/node";
import { useCalm } from "../../state/ticking";
import { Message, Waiting } from "../../ui/message";
import { Panel } from "../../ui/panel";
import { FigureRow } from "./figure-row";
import { FlagRow } from "./flag-row";
import {
  type Change,
  FIGURES,
  type Figure,
  FLAGS,
  FLAGS_OF_ANSWERS,
  FLAGS_OF_SIGNALS,
  type Flag,
  figuresOf,
  figuresText,
  flagOf,
  OF_SERVICES,
  OF_STREAMS,
  type SettingsBody,
  type Source,
  sourcesOf,
  WEIGHT,
} from "./settings";
import { StreamList } from "./stream-list";

const PATH = "/api/v1/settings";

interface PartProps {
  body: SettingsBody;
  isEditable: boolean;
  change: (change: Change) => Promise<unknown>;
}

export default function SettingsScreen() {
  const node = useNode();
  const version = useCalm(node.status, 500)?.settings ?? 0;
  const { value: body, fault, reload } = useLoaded(() => node.rest.get(PATH), [node, version]);
  const isAdmin = useRole("admin");
  if (body === null) {
    return fault ? <Message icon="alert" title={fault} /> : <Waiting label="Loading the settings" />;
  }
  const change = async (wanted: Change) => {
    try {
      await node.rest.send("patch", PATH, { ...wanted, version: body.version });
    } finally {
      await reload();
    }
  };
  const part = { body, change, isEditable: isAdmin && body.changeable };
  return (
    <div className="grid items-start gap-2 md:grid-cols-2 xl:grid-cols-3" data-testid="settings">
      <Panel title="Signals" actions={<State body={body} isAdmin={isAdmin} />}>
        <Flags {...part} names={FLAGS_OF_SIGNALS} />
        <Figures {...part} names={OF_STREAMS} />
      </Panel>
      <Panel title="Sources">
        <Sources {...part} />
      </Panel>
      <Panel title="AI services">
        {body.services.length > 0 ? (
          <Figures {...part} names={OF_SERVICES} />
        ) : (
          <p className="px-3 py-3 text-xs text-ink-faint">This node asks no AI services outside of it.</p>
        )}
      </Panel>
      <Panel title="Analyses for programs">
        <Flags {...part} names={FLAGS_OF_ANSWERS} />
      </Panel>
      <Panel title="In force from the next bar on" className="md:col-span-2 xl:col-span-3">
        <StreamList streams={body.streams} />
      </Panel>
    </div>
  );
}

function State({ body, isAdmin }: { body: SettingsBody; isAdmin: boolean }) {
  return (
    <span className="text-2xs text-ink-faint" data-testid="settings-version">
      {body.changed_at ? (
        <>
          {`version ${body.version}, `}
          <When ms={body.changed_at} />
        </>
      ) : (
        "as in the file"
      )}
      {!(isAdmin && body.changeable) && " · read only"}
    </span>
  );
}

function Flags({ body, isEditable, change, names }: PartProps & { names: readonly Flag[] }) {
  return names.map((name) => (
    <FlagRow
      key={name}
      {...FLAGS[name]}
      isOn={flagOf(body, name)}
      file={(body.set[name] ?? null) === null ? null : flagOf(body, name, "file")}
      isEditable={isEditable}
      onSet={(isOn) => change({ [name]: isOn })}
    />
  ));
}

function Figures({ body, isEditable, change, names }: PartProps & { names: readonly Figure[] }) {
  return names.map((name) => {
    const { unit } = FIGURES[name];
    return (
      <FigureRow
        key={name}
        rule={FIGURES[name]}
        value={figuresText(figuresOf(body, name), unit)}
        file={(body.set[name] ?? null) === null ? null : figuresText(figuresOf(body, name, "file"), unit)}
        isEditable={isEditable}
        onSet={(value) => change({ [name]: value })}
      />
    );
  });
}

function Sources({ body, ...rest }: PartProps) {
  const sources = sourcesOf(body);
  if (sources.length === 0) return <Message title="No sources are configured" />;
  return (
    <ul className="divide-y divide-line">
      {sources.map((source) => (
        <li key={source.name} data-testid="source">
          <SourceRows source={source} {...rest} />
        </li>
      ))}
    </ul>
  );
}

function SourceRows({ source, isEditable, change }: Omit<PartProps, "body"> & { source: Source }) {
  const { name } = source;
  return (
    <>
      <FlagRow
        label={name}
        isOn={source.isOn}
        file={source.setEnabled === null ? null : source.wasOn}
        isEditable={isEditable}
        onSet={(enabled) => change({ predictors: { [name]: { enabled } } })}
      />
      <FigureRow
        rule={WEIGHT}
        name={`Weight of ${name}`}
        value={figuresText(source.weights)}
        note={source.shadow}
        file={source.setWeight === null ? null : figuresText(source.fileWeights)}
        isEditable={isEditable}
        onSet={(weight) => change({ predictors: { [name]: { weight } } })}
      />
    </>
  );
}
