"""The trades of one instrument: in order, each once, the newest of them kept."""

from collections.abc import Sequence
from typing import Literal

from actors.market import TradeRow
from actors.ticks.log import Log

TradeOutcome = Literal["new", "kept_back", "doubled", "out_of_order", "impossible"]
"""What became of a trade; `kept_back`: until the trades before it are known."""


class Tape:
    """Takes trades as they come; after an interruption it asks what came meanwhile before it goes on."""

    def __init__(self) -> None:
        """Wait for the past."""
        self.log: Log[TradeRow] = Log()
        self.is_ready = False
        """Whether the past was asked for."""
        self._ids: set[str] = set()
        self._kept_back: list[TradeRow] | None = None
        self._kept_ids: set[str] = set()

    def interrupt(self) -> None:
        """Keep trades back until `fill`: some before them may have been missed."""
        self._keep_back()

    def take(self, row: TradeRow) -> TradeOutcome:
        """Take one trade."""
        if row.price <= 0 or row.size <= 0:
            return "impossible"
        if self._kept_back is not None:
            return self._keep(self._kept_back, row)
        return self._append(row)

    def fill(self, past: Sequence[TradeRow] | None) -> None:
        """Take the newest trades of the source, oldest first, and go on.

        When they do not reach back to the last one known, or are None since the source did not answer, trades may be
        lost: the log begins anew then.
        """
        kept_back, self._kept_back = self._kept_back or [], None
        self.is_ready = True
        rows = [*(past or ()), *kept_back]
        newest = self.log.newest
        if newest is not None:
            known = next((at for at, row in enumerate(rows) if row.trade_id == newest.trade_id), None)
            if known is None:
                self.forget()
            else:
                rows = rows[known + 1 :]
        for row in rows:
            self._append(row)

    def reset(self) -> None:
        """Forget every trade, and that the past was asked for."""
        self.forget()
        self.is_ready = False
        self._keep_back()

    def forget(self) -> None:
        """Forget every trade."""
        self.log.tear()
        self._ids.clear()

    def _keep_back(self) -> None:
        self._kept_back = []
        self._kept_ids.clear()

    def _keep(self, kept_back: list[TradeRow], row: TradeRow) -> TradeOutcome:
        newest = kept_back[-1] if kept_back else self.log.newest
        is_doubled = row.trade_id in self._kept_ids or row.trade_id in self._ids
        kept_back.append(row)  # in any case: `fill` puts it in its place, or finds by it where the log had been
        self._kept_ids.add(row.trade_id)
        if is_doubled:
            return "doubled"
        return "out_of_order" if newest is not None and row.ts < newest.ts else "kept_back"

    def _append(self, row: TradeRow) -> TradeOutcome:
        newest = self.log.newest
        if newest is not None:
            if row.trade_id in self._ids:
                return "doubled"
            if row.ts < newest.ts:
                return "out_of_order"
            if (oldest := self.log.oldest) is not None:
                self._ids.discard(oldest.trade_id)
        self._ids.add(row.trade_id)
        self.log.append(row)
        return "new"
