"""What surrounds a strategy of one user: seams that a backtest leaves empty."""

from collections.abc import Callable, Sequence
from typing import Any, Protocol

from msgspec import Struct
from nautilus_trader.model import AccountId, ClientId, Price, Quantity

from actors.guard import Fault
from actors.messages import Signal


class DeniedTooOftenError(Exception):
    """A strategy submits again and again what is denied: it is at fault, and retired."""


class SubmittedTwiceError(Exception):
    """A strategy submits an order again, or another one under its id: the books would take both for one."""


class Submit(Protocol):
    """Hands orders to the engine."""

    def __call__(self, denial: str | None = None) -> bool:
        """Send, or with a `denial` have the venue deny with that reason; return False when nothing was sent.

        Nothing is sent for a strategy that has failed or was stopped meanwhile.
        """


class Intents(Protocol):
    """The journal's gate in front of the engine: an order is durable before the engine hears of it."""

    def record(self, orders: Sequence[Any], submit: Submit, signal: Signal | None) -> None:
        """Make the intent to submit engine `orders` durable, then call `submit` once, on the owner loop.

        Args:
            orders: Of one command.
            submit: Hands them to the engine.
            signal: Which the strategy was handling meanwhile.

        Raises:
            DeniedTooOftenError: If it would be denied once more than it may; `submit` is not called.
        """

    def problem_of_change(
        self, order_id: str, quantity: Quantity | None, price: Price | None, trigger_price: Price | None
    ) -> str | None:
        """Return why a working order may not be changed so; None when it may."""


class Observer(Protocol):
    """Hears what happens to the orders of one strategy; called inside engine callbacks, so it only notes."""

    def on_order(self, event: Any) -> None:  # noqa: ANN401  # one of sixteen engine classes
        """Note an order event, each exactly once, before the strategy's own callback."""

    def on_position(self, event: Any) -> None:  # noqa: ANN401  # one of three engine classes
        """Note a position event, each exactly once, before the strategy's own callback."""

    def on_fault(self, fault: Fault) -> None:
        """Note the exception that retires the strategy."""

    def on_retired(self) -> None:
        """Note that the retired strategy is flat and stopped."""


class Hooks(Struct, frozen=True, kw_only=True):
    """The seams of one strategy; all None in a backtest, where every command goes straight to the engine."""

    intents: Intents | None = None
    observer: Observer | None = None
    client_id: ClientId | None = None
    """The user's execution client, filled into every command that names none."""
    account_id: AccountId | None = None
    """The user's account, the only one that the strategy's portfolio tells of."""
    call_soon: Callable[[Callable[[], None]], object] | None = None
    """The owner loop's `call_soon`; None runs a retirement as soon as the engine lets go of the strategy."""
