/** What works behind every screen: price alarms listen to the market, the dead man's switch is renewed. */

import { useEffect } from "react";
import type { Instrument } from "whisperer-client";
import { grouped } from "../market/decimal";
import { useInstruments } from "../state/instruments";
import { priceInterval } from "../state/last-price";
import { useNode, useRole } from "../state/node";
import { deadman as deadmanSetting } from "../state/settings";
import { useStore } from "../state/store";

const HZ = 4;
/** The switch is renewed so many times before it would cancel. */
const RENEWALS = 4;

export function Keepers() {
  const { alarms } = useNode();
  const all = useStore(alarms.all);
  const instruments = useInstruments();
  useDeadman();
  const watched = instruments.filter(({ instrument_id: id }) => all.some(({ instrumentId }) => instrumentId === id));
  return watched.map((instrument) => <Watch key={instrument.instrument_id} instrument={instrument} />);
}

/** Hear every price of an instrument that somebody has set an alarm for. */
function Watch({ instrument }: { instrument: Instrument }) {
  const node = useNode();
  useEffect(() => {
    const { instrument_id: id } = instrument;
    const interval = priceInterval(instrument);
    if (!interval) return;
    const { feed, release } = node.bars(id, interval, HZ);
    const hear = () => {
      const price = feed.series.newest?.c;
      if (price === undefined) return;
      for (const alarm of node.alarms.hear(id, price)) {
        const way = alarm.from === "below" ? "has risen to" : "has fallen to";
        const title = `${id} ${way} ${grouped(alarm.price)}`;
        node.account.notices.tell({ key: alarm.id, tone: "warn", title, text: `The price is ${grouped(price)}` });
      }
    };
    const end = feed.revision.watch(hear);
    return () => {
      end();
      release();
    };
  }, [node, instrument]);
  return null;
}

function useDeadman(): void {
  const { rest, connection } = useNode();
  const hasAccount = useRole("trader");
  const choice = useStore(deadmanSetting);
  useEffect(() => {
    if (choice === "off" || !hasAccount) return;
    const timeout_s = Number(choice);
    const renew = () => {
      if (connection.link.get().phase !== "open") return;
      rest.send("post", "/api/v1/deadman", { timeout_s }).catch(() => {});
    };
    renew();
    const timer = setInterval(renew, (timeout_s * 1_000) / RENEWALS);
    const end = connection.link.watch(renew);
    return () => {
      clearInterval(timer);
      end();
    };
  }, [rest, connection, choice, hasAccount]);
}
