"""An order that is to be judged, as somebody writes it: checked, and nothing worked out yet."""

from typing import Annotated

from msgspec import Meta, Struct
from msgspec.structs import replace

from actors.signal.option_orders import OptionOrder, OptionSide, OptionStrategy, OptionType, strategy_of

Price = Annotated[float, Meta(ge=-1e9, le=1e9)]
Strikes = Annotated[tuple[Annotated[float, Meta(gt=0.0, le=1e9)], ...], Meta(max_length=8)]
Contracts = Annotated[float, Meta(gt=0.0, le=1e6)]
NAMES: dict[OptionStrategy, str] = {
    "butterfly": "Butterfly",
    "iron_condor": "Iron Condor",
    "vertical": "Vertical",
    "sonar": "Sonar",
    "unknown": "unknown",
}
"""As the threshold table, logs and metrics write them."""
MINUTE_NS = 60_000_000_000


class Candidate(Struct, frozen=True, kw_only=True):
    """One order; None is what nobody has said."""

    symbol: str
    strategy: str
    """As it was written."""
    order_id: str = ""
    ts: int | None = None
    """UNIX nanoseconds; None: now."""
    premium: float | None = None
    predicted_price: float | None = None
    strikes: tuple[float, ...] = ()
    side: OptionSide | None = None
    option_type: OptionType | None = None
    quantity: float = 1.0
    short_term: float | None = None
    long_term: float | None = None
    risk: float | None = None
    reward: float | None = None

    @property
    def kind(self) -> OptionStrategy:
        """The strategy; `unknown` for one that nobody here knows."""
        return strategy_of(self.strategy)

    def order(self, price: float, now_ns: int) -> OptionOrder:
        """Return the order beside a market price; what is not said is taken as nothing special, times as full minutes.

        Args:
            price: Of the underlying: an unknown expectation is that it stays.
            now_ns: Market time.
        """
        ts = now_ns if self.ts is None else self.ts
        return OptionOrder(
            strategy=self.kind,
            premium=0.0 if self.premium is None else self.premium,
            predicted_price=price if self.predicted_price is None else self.predicted_price,
            ts=ts - ts % MINUTE_NS,
            strikes=tuple(sorted(self.strikes)),
            side=self.side,
            option_type=self.option_type,
            quantity=self.quantity,
            short_term=self.short_term,
            long_term=self.long_term,
            risk=self.risk,
            reward=self.reward,
        )

    def named(self, order_id: str) -> "Candidate":
        """Return the same order with an id."""
        return replace(self, order_id=order_id)
