"""What other timeframes do to an opinion: they may take confidence from it, and never add any.

Candles of another length show the same market once more. So where they agree nothing is proven twice; where they oppose
the opinion is less sure: confidence * (1 - o / 2n), where o of the n others that could say something oppose it.
"""

from collections.abc import Sequence
from typing import Literal

from actors.messages import Signal

Stance = Literal["main", "agrees", "opposes", "neutral", "silent"]
_MOST_TAKEN = 0.5


def stance(main: Signal, other: Signal) -> Stance:
    """Return how another timeframe stands beside the main one."""
    if other is main:
        return "main"
    if not any(one.state == "voted" and one.weight > 0.0 for one in other.sources):
        return "silent"
    if "neutral" in {main.signal, other.signal}:
        return "neutral"
    return "agrees" if main.signal == other.signal else "opposes"


def confidence(signals: Sequence[Signal]) -> float:
    """Return how sure the main opinion, the first, is beside the others; 0..1."""
    main, *others = signals
    stances = [stance(main, other) for other in others]
    heard = sum(1 for one in stances if one != "silent")
    return main.confidence * (1.0 - _MOST_TAKEN * stances.count("opposes") / heard) if heard else main.confidence


def words(timeframe: str, main: Signal, other: Signal) -> str:
    """Return how another timeframe stands, in words."""
    found = stance(main, other)
    if found == "silent":
        return f"{timeframe} says nothing"
    said = f"{other.signal}, {other.confidence:.0%}"
    return f"{timeframe} is neutral beside it ({said})" if found == "neutral" else f"{timeframe} {found} ({said})"
