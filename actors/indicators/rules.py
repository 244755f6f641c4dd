"""What several indicators have in common: how long they remember, in bars, and how their periods must stand."""

from actors.indicators.parameter import Value

_FOREVER = 1_000_000
_SPARE = 10


def finite(*values: Value) -> int:
    """Return the memory of what looks at the last bars alone."""
    return sum(value for value in values if isinstance(value, int)) + _SPARE


def slow(*_: Value) -> int:
    """Return the memory of what may remember for as long as there are bars."""
    return _FOREVER


def fast_below_slow(*values: Value) -> None:
    """Check the first two periods.

    Raises:
        ValueError: If the fast one is not below the slow one.
    """
    fast, slow_ = float(values[0]), float(values[1])
    if fast >= slow_:
        raise ValueError(f"the fast period must be below the slow one, was {fast:g} of {slow_:g}")


def never_falling(*values: Value) -> None:
    """Check the first three periods.

    Raises:
        ValueError: If one is below the one before.
    """
    first, second, third = map(float, values[:3])
    if not first <= second <= third:
        raise ValueError(f"the first three periods must not fall, were {first:g}, {second:g}, {third:g}")
