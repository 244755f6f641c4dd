"""Signals from memory and, where that does not reach, from the store, which knows what was said of a bar first."""

from msgspec.structs import replace

from actors.bridge.context import Context
from actors.messages import Signal
from actors.ports.analyses import Span
from config.errors import StoreUnavailableError


async def signals_page(context: Context, span: Span, limit: int) -> tuple[list[Signal], bool]:
    """Return signals, newest first, and whether there are older ones.

    The store is asked unless memory has a whole page of the one stream that is asked for, said as the bars closed. When
    it cannot be read memory alone answers.
    """
    found, has_older = context.signals.page(
        span.instrument_id, span.interval, start=span.start, end=span.end, limit=limit
    )
    is_one_stream = span.instrument_id is not None and span.interval is not None
    is_enough = has_older and is_one_stream and not any(signal.backfilled for signal in found)
    if context.analyses is None or is_enough:
        return found, has_older
    try:
        stored, has_more = await context.analyses.signals(until_now(context, span), limit)
    except StoreUnavailableError:
        return found, has_older
    by_bar = {_key(signal): signal for signal in (*found, *stored)}
    every = sorted(by_bar.values(), key=_key, reverse=True)
    return every[:limit], len(every) > limit or has_older or has_more


def until_now(context: Context, span: Span) -> Span:
    """Return the part of a span that market time has reached: after a jump back the store knows what comes."""
    now = context.clock.now_ns
    return replace(span, end=now if span.end is None else min(span.end, now)) if now else span


def _key(signal: Signal) -> tuple[int, str, str]:
    return signal.ts_bar, signal.instrument_id, signal.interval
