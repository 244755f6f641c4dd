"""Takes one faulted strategy out of the market without losing sight of its orders."""

from collections.abc import Callable
from typing import Literal


class Retirement:
    """Cancel, wait until nothing is open or in flight and the strategy is flat, then leave.

    The engine sends a stopped strategy no order events although its orders still fill; so stopping comes last.
    """

    def __init__(
        self, *, cancel: Callable[[], None], is_settled: Callable[[], bool], leave: Callable[[], None]
    ) -> None:
        """Prepare it.

        Args:
            cancel: Asks for the cancel of every open order of the strategy, each once.
            is_settled: Whether no order is open or in flight and no position open.
            leave: Stops the strategy.
        """
        self.state: Literal["active", "retiring", "retired"] = "active"
        self._cancel = cancel
        self._is_settled = is_settled
        self._leave = leave

    @property
    def is_over(self) -> bool:
        """Whether the strategy has left."""
        return self.state == "retired"

    def begin(self) -> None:
        """Start; the strategy's own code is muted already."""
        if self.state == "active":
            self.state = "retiring"

    def step(self) -> None:
        """Do what can be done now; called again after every event until the strategy has left."""
        if self.state != "retiring":
            return
        try:
            self._cancel()
            if not self.is_over and self._is_settled():
                self.state = "retired"
                self._leave()
        except RuntimeError as e:
            if "borrowed" not in str(e):
                raise
            # The engine holds the strategy during a command of its own; another event follows it.
