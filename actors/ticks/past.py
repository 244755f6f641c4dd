"""Questions for past trades, one at a time: an empty answer of the engine does not say whose it is."""

from collections import deque
from collections.abc import Callable, Iterable, Sequence

from actors.market import TradeRow
from actors.ticks.source import Later, Timer

GIVE_UP_S = 20.0
"""A question counts as lost after so long: as one about bars does. While a node starts, much else is asked."""


class PastTrades:
    """Asks for the newest trades of some instruments; each is answered once, with None when no answer came."""

    def __init__(
        self,
        ask: Callable[[str], None],
        on_answer: Callable[[str, Sequence[TradeRow] | None], None],
        later: Later,
    ) -> None:
        """Start with nothing to ask.

        Args:
            ask: Puts the question about one instrument.
            on_answer: Called with the instrument and its trades, oldest first.
            later: Times a question out.
        """
        self._ask = ask
        self._on_answer = on_answer
        self._later = later
        self._open: deque[str] = deque()
        self._timer: Timer | None = None

    def ask(self, names: Iterable[str]) -> None:
        """Ask about these in turn, and about nothing else any more."""
        self.stop()
        self._open = deque(names)
        self._next()

    def stop(self) -> None:
        """Forget every question."""
        self._open.clear()
        self._stop_timer()

    def answer(self, rows: Sequence[TradeRow]) -> None:
        """Take an answer of the engine; one to a question given up is passed over."""
        if self._open and (not rows or rows[0].instrument_id == self._open[0]):
            self._settle(rows)

    def _settle(self, rows: Sequence[TradeRow] | None) -> None:
        self._stop_timer()
        name = self._open.popleft()
        self._on_answer(name, rows)
        self._next()

    def _next(self) -> None:
        if self._open:
            self._timer = self._later(GIVE_UP_S, lambda: self._settle(None))
            self._ask(self._open[0])

    def _stop_timer(self) -> None:
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None
