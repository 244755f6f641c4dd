"""Which predictions are summed, and in which pieces of time."""

import math
from collections.abc import Mapping

from msgspec import UNSET, UnsetType

from actors.bridge.context import Context
from actors.bridge.rest.further_back import until_now
from actors.bridge.rest.query import time_range
from actors.market import DAY_NS, HOUR_NS, Instrument, interval_of
from actors.ports.analyses import Analyses, Span
from config.errors import NotFoundError, UnknownInstrumentError

DEFAULT_NS = 7 * DAY_NS
POINTS = 48
"""Pieces of a curve at the most, about."""


def kept_analyses(context: Context) -> Analyses:
    """Return the store.

    Raises:
        NotFoundError: If this node keeps no analyses.
    """
    if context.analyses is None:
        raise NotFoundError("this node keeps no analyses: `analyses.enabled` is false")
    return context.analyses


def span_asked(
    context: Context,
    instrument_id: str | UnsetType,
    interval: str | UnsetType,
    start: int | UnsetType,
    end: int | UnsetType,
) -> Span:
    """Return a checked span, up to market time.

    Raises:
        NodeError: If the instrument or interval does not exist, or the range is empty.
    """
    instruments: Mapping[str, Instrument] = context.bars.instruments()
    if interval is not UNSET:
        interval_of(interval)
    if instrument_id is not UNSET and instrument_id not in instruments:
        raise UnknownInstrumentError(f"no instrument {instrument_id!r}, `/api/v1/instruments` lists them")
    first, last = time_range(start, end)
    span = Span(instrument_id=instrument_id or None, interval=interval or None, start=first, end=last)
    return until_now(context, span)


def pieces_of(span: Span, now_ns: int) -> tuple[Span, int]:
    """Return the span with a beginning, seven days before its end, and the width of its pieces: whole hours."""
    end = now_ns if span.end is None else span.end
    start = max(0, end - DEFAULT_NS) if span.start is None else span.start
    hours = max(1, math.ceil((end - start) / POINTS / HOUR_NS))
    return Span(instrument_id=span.instrument_id, interval=span.interval, start=start, end=end), hours * HOUR_NS
