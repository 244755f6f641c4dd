"""How good predictions of orders were, by strategy and symbol, beside what one knows without them."""

from collections.abc import Sequence

from msgspec import Struct

from actors.ports.order_outcomes import OrderTally
from actors.signal.outcomes.scoring import wilson


class OrderAccuracy(Struct, frozen=True, kw_only=True):
    """How good the predictions of one strategy and symbol were; null where there is nothing to say it of."""

    strategy: str
    symbol: str | None
    """Null: all symbols of the strategy together."""
    count: int
    """Orders that were predicted and whose outcome is known."""
    effective_count: int
    """Their market days: orders of one day share its fate, and the interval counts no more."""
    accuracy: float | None
    """Share whose winning or losing was predicted, by the threshold of each."""
    low: float | None
    """With 95 % confidence (Wilson)."""
    high: float | None
    baseline: float | None
    """Accuracy of always saying what came more often."""
    verdict: str
    """`better` or `worse` than that when the whole interval is, else `unclear`."""
    brier: float | None
    brier_baseline: float | None
    """Of always telling how often it won."""
    wins: int
    executed: int
    """Of `count`, those recommended to be sent."""
    executed_wins: int
    profits: int
    """How many of `count` tell their profit."""
    profit: float
    """Sum of these."""
    executed_profit: float
    abstained: int
    """With an outcome and without a prediction."""
    open: int
    """Without an outcome yet."""


def order_accuracies(tallies: Sequence[OrderTally]) -> list[OrderAccuracy]:
    """Return one entry for each strategy, all its symbols together, followed by those of its symbols."""
    found = []
    for strategy in sorted({one.strategy for one in tallies}):
        own = [one for one in tallies if one.strategy == strategy]
        found.append(_accuracy(strategy, None, own))
        found += [
            _accuracy(strategy, symbol, [one for one in own if one.symbol == symbol])
            for symbol in sorted({one.symbol for one in own})
        ]
    return found


def _accuracy(strategy: str, symbol: str | None, tallies: Sequence[OrderTally]) -> OrderAccuracy:
    known = [one for one in tallies if one.state == "known"]
    count, right, wins = (sum(getattr(one, name) for one in known) for name in ("count", "right", "wins"))
    days = max((one.days for one in known), default=0)  # those of several symbols may be the same
    low, high = wilson(right / count * days, days) if count else (0.0, 1.0)
    baseline = max(wins, count - wins) / count if count else None
    verdict = "unclear" if baseline is None or low <= baseline <= high else "better" if low > baseline else "worse"
    share = wins / count if count else 0.0
    return OrderAccuracy(
        strategy=strategy,
        symbol=symbol,
        count=count,
        effective_count=days,
        accuracy=right / count if count else None,
        low=low if count else None,
        high=high if count else None,
        baseline=baseline,
        verdict=verdict,
        brier=sum(one.squares for one in known) / count if count else None,
        brier_baseline=share * (1.0 - share) if count else None,
        wins=wins,
        executed=sum(one.executed for one in known),
        executed_wins=sum(one.executed_wins for one in known),
        profits=sum(one.profits for one in known),
        profit=sum(one.profit for one in known),
        executed_profit=sum(one.executed_profit for one in known),
        abstained=sum(one.count for one in tallies if one.state == "abstained"),
        open=sum(one.count for one in tallies if one.state == "open"),
    )
