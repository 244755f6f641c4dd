/** The account as a whole: worth, curve, balances, limits, state of trading, and all that was ordered and filled. */

import { useNode } from "../../state/node";
import { useStore } from "../../state/store";
import { useCalm } from "../../state/ticking";
import { BalancesTable } from "../../account/ui/balances-table";
import { PositionsTable } from "../../account/ui/positions-table";
import { Message, Waiting } from "../../ui/message";
import { Panel } from "../../ui/panel";
import { AccountFacts } from "./account-facts";
import { EquityPanel } from "./equity-panel";
import { HistoryPanel } from "./history-panel";
import { LimitList } from "./limit-list";
import { ScreeningPanel } from "./screening-panel";
import { TradingPanel } from "./trading-panel";

export default function AccountScreen() {
  const { account } = useNode();
  const phase = useStore(account.phase);
  const trader = useCalm(account.trader, 500);
  if (phase === "none") return <Message icon="account" title="This node takes no orders of yours" />;
  if (trader === null) return <Waiting label="Loading the account" rows={10} />;
  return (
    <div className="grid grid-cols-[minmax(0,1fr)] items-start gap-2 lg:grid-cols-[minmax(0,2fr)_minmax(0,1fr)]">
      <div className="grid grid-cols-[minmax(0,1fr)] gap-2">
        <EquityPanel trader={trader} />
        <Panel title="Positions" className="min-h-32">
          <PositionsTable />
        </Panel>
        <HistoryPanel />
      </div>
      <div className="grid grid-cols-[minmax(0,1fr)] gap-2">
        <Panel title={`Account ${trader.account.account}`}>
          <AccountFacts trader={trader} />
        </Panel>
        <Panel title="Trading">
          <TradingPanel trader={trader} />
        </Panel>
        <Panel title="Screening">
          <ScreeningPanel trader={trader} />
        </Panel>
        <Panel title="Balances">
          <BalancesTable />
        </Panel>
        <Panel title="Limits">
          <LimitList trader={trader} />
        </Panel>
      </div>
    </div>
  );
}
