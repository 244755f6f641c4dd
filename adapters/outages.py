"""Spans of market time in which something does not work: written down, or at random from a seed."""

from collections.abc import Callable, Iterator
from itertools import count
from math import log1p

from actors.market import HOUR_NS, SECOND_NS
from config.faults import FaultSpan, OutageFault

type Span = tuple[int, int]
"""Begin and end, UNIX nanoseconds of market time."""

_NEVER: Span = (2**63, 2**63)


def spans_of(schedule: tuple[FaultSpan, ...], begin_ns: int) -> tuple[Span, ...]:
    """Return the spans of a schedule that counts from `begin_ns`."""
    return tuple(
        (at, at + int(one.for_s * SECOND_NS)) for one in schedule for at in (begin_ns + int(one.at_s * SECOND_NS),)
    )


class Outages:
    """Tells whether an outage is going on; asked in the order of time."""

    def __init__(self, fault: OutageFault, begin_ns: int, roll: Callable[[int], float]) -> None:
        """Let it begin at `begin_ns` of market time; `roll` gives a number 0 <= n < 1 for each number."""
        self._written = spans_of(fault.schedule, begin_ns)
        self._coming = _random_spans(fault, begin_ns, roll)
        self._span = next(self._coming, _NEVER)

    def is_on(self, ts: int) -> bool:
        """Return whether an outage goes on at `ts`, which is never before what was asked last."""
        while self._span[1] <= ts:
            self._span = next(self._coming, _NEVER)
        return self._span[0] <= ts or any(begin <= ts < end for begin, end in self._written)


def _random_spans(fault: OutageFault, ts: int, roll: Callable[[int], float]) -> Iterator[Span]:
    for number in count() if fault.per_hour else ():
        begin = ts + int(_wait(roll(2 * number)) * HOUR_NS / fault.per_hour)
        ts = begin + 1 + int(_wait(roll(2 * number + 1)) * fault.duration_s * SECOND_NS)
        yield begin, ts


def _wait(roll: float) -> float:
    """Return a wait whose mean is 1, as between things that happen at random."""
    return -log1p(-roll)
