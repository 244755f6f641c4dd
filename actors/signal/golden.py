"""Made bars and their features: a model trained on other formulas is told by them before it is asked.

The schema's hash tells another name or order, these tell another number, whatever changed it.
"""

from functools import cache
from hashlib import sha256

from actors.market import INTERVALS, MINUTE_NS
from actors.signal.features import FloatBar, Vector, vectors_of
from actors.signal.reference import ReferenceBars
from actors.signal.session import Session

BARS = 200
"""How many golden bars there are."""
_START = 1_699_974_000_000_000_000
"""A Tuesday, 15:00 UTC: the bars go over the opening of the session at 16:00."""
_MULTIPLIER, _MODULUS = 48_271, 2**31 - 1


def golden_bars(seed: int = 1) -> list[FloatBar]:
    """Return 200 minute bars around 100 that are the same on every machine (whole numbers, divided once)."""
    bars: list[FloatBar] = []
    state, price = seed, 1_000_000
    for index in range(BARS):
        draws = []
        for _ in range(4):
            state = state * _MULTIPLIER % _MODULUS
            draws.append(state % 1_001)
        close = price + 3 * (draws[0] - 500)
        high, low = max(price, close) + draws[1], min(price, close) - draws[2]
        ts = _START + index * MINUTE_NS
        bars.append((ts, price / 10_000, high / 10_000, low / 10_000, close / 10_000, draws[3] / 10))
        price = close
    return bars


@cache
def golden_vectors() -> tuple[Vector, ...]:
    """Return the vectors of the golden bars as the present code makes them, with a session and a reference."""
    interval = INTERVALS["1m"]
    reference = ReferenceBars(interval)
    reference.load((bar[0], bar[4]) for bar in golden_bars(seed=2))
    session = Session.from_text("16:00-21:00 UTC")
    return tuple(vectors_of(golden_bars(), interval, session=session, reference=reference))


def golden() -> Vector:
    """Return the last golden vector: the one that the tests know by heart."""
    return golden_vectors()[-1]


@cache
def golden_hash() -> str:
    """Return what stands for the golden vectors in a model's metadata, 64 hex digits: nine places count."""
    text = "\n".join(" ".join(f"{round(number, 9) + 0.0:.9f}" for number in vector) for vector in golden_vectors())
    return sha256(text.encode()).hexdigest()
