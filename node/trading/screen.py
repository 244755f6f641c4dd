"""Strategies' orders that would open a position, judged by the signals where their user has switched that on."""

from collections.abc import Callable, Mapping, Sequence

import msgspec
from prometheus_client import Counter

from actors.accounts.exact import plain
from actors.accounts.opening import opening
from actors.orders import OrderRow
from actors.ports.journal import Journal
from actors.ports.own_orders import Opinions, OrderScreening, OrderVerdict
from actors.screening.own_orders import abstained, judge
from config.errors import InvalidInputError, OrderDeniedError
from node.trading.alerts import Alerts
from node.trading.audited import skipped
from node.trading.trader import Trader

RULE = "screening"
"""Of the denial, beside the names of limits."""

_screened = Counter(
    "whisperer_strategy_orders_screened_total", "Opening orders of strategies by what screening said", ["verdict"]
)


class StrategyScreen:
    """Asked once for each order of a strategy, after limits and money, before it is journalled."""

    def __init__(self, opinions: Opinions, journal: Journal, alerts: Alerts, now_ns: Callable[[], int]) -> None:
        """Judge by what signals say now.

        Args:
            opinions: The newest signals.
            journal: Keeps why an order was skipped; that of others stands in the row of its intent.
            alerts: Tell users of skipped orders.
            now_ns: Market time.
        """
        self._opinions = opinions
        self._journal = journal
        self._alerts = alerts
        self._now_ns = now_ns

    def check(self, trader: Trader, rows: Sequence[OrderRow]) -> Mapping[str, OrderVerdict]:
        """Judge orders that are to be sent together; they go together or not at all.

        Returns:
            Order id -> verdict, of those that were judged.

        Raises:
            OrderDeniedError: If one is to be skipped; the message names limit and value.
        """
        if not trader.screened.choice.enabled:
            return {}
        judged = opening(rows, trader.account)
        closing = _closing_beside(rows, judged)
        verdicts = {row.order_id: self._verdict(trader, row, closing) for row in judged}
        for verdict in verdicts.values():
            trader.screened.count(verdict)
            _screened.labels(verdict.outcome).inc()
        for row in judged:
            if verdicts[row.order_id].recommendation == "SKIP":
                self._skip(trader, row, verdicts[row.order_id])
        return verdicts

    def check_change(self, trader: Trader, row: OrderRow, changed: OrderRow) -> None:
        """Judge a change that makes an order larger, as if it were sent anew.

        Raises:
            OrderDeniedError: If it is to be skipped.
        """
        if changed.quantity > row.quantity:
            self.check(trader, [changed])

    def _verdict(self, trader: Trader, row: OrderRow, closing: str | None) -> OrderVerdict:
        now_ns, choice = self._now_ns(), trader.screened.choice
        if closing is None:
            return judge(row.instrument_id, row.side, self._opinions.newest(row.instrument_id), choice, now_ns)
        why = f"sent in one list with {closing}, which closes a position"
        return abstained(row.instrument_id, row.side, choice, why, now_ns, goes=True)

    def _skip(self, trader: Trader, row: OrderRow, verdict: OrderVerdict) -> None:
        self._journal.write(skipped(row, verdict))
        value = "none" if verdict.probability is None else f"{verdict.probability:.4g}"
        limit = "none" if verdict.threshold is None else f"{verdict.threshold:.4g}"
        text = f"{RULE}: limit {limit}, was {value}: {verdict.reasons[0]}"
        untold = trader.screened.tell()
        if untold is not None:
            more = f" ({untold} more since the last alert)" if untold else ""
            about = f"{row.strategy}: {row.side} {plain(row.quantity)} {row.instrument_id} was not sent: "
            self._alerts.send(trader, "screening", "warning", about + verdict.reasons[0] + more)
        raise OrderDeniedError(text, rule=RULE, limit=limit, value=value)


def changed_choice(choice: OrderScreening, changes: Mapping[str, object]) -> OrderScreening:
    """Return what a user has set after changes.

    Raises:
        InvalidInputError: If a field is unknown or wrong.
    """
    try:
        return msgspec.convert({**msgspec.structs.asdict(choice), **changes}, OrderScreening)
    except msgspec.ValidationError as e:
        raise InvalidInputError(f"screening: {e}", path="$.screening") from e


def _closing_beside(rows: Sequence[OrderRow], judged: Sequence[OrderRow]) -> str | None:
    """Return the id of an order that closes what is held already and would be held up with the others of its list."""
    names, open_names = {row.order_id for row in rows}, {row.order_id for row in judged}
    closing = (row for row in rows if row.order_id not in open_names and row.parent_order_id not in names)
    return next((row.client_order_id for row in closing), None)
