"""One question about candles: what a stream would say of the newest of them."""

import asyncio
from collections.abc import Iterator, Sequence

from msgspec import Struct, structs

from actors.market import BarRow, Instrument, Interval
from actors.messages import Signal
from actors.ports import Bars, Models
from actors.signal.aggregator import Aggregator
from actors.signal.predictor import PredictorContext
from actors.signal.reference import ReferenceBars
from actors.signal.session import Session
from actors.signal.stream import SignalStream
from actors.turns import Turns
from config.errors import UnsupportedIntervalError
from config.signals import SignalConfig

_REFERENCE = 2_000
"""Bars of the second instrument that are looked at."""


class Question(Struct, frozen=True, kw_only=True):
    """Candles, and who forms an opinion of them."""

    instrument: Instrument
    interval: Interval
    rows: Sequence[BarRow]
    """Oldest first, at least one."""
    section: SignalConfig
    trace_id: str
    ts_init: int
    """Market time of now, UNIX ns."""


def section_of(sections: Sequence[SignalConfig], instrument_id: str, interval: str) -> SignalConfig:
    """Return the `[[signals]]` table for an instrument and interval.

    Its own one; else that of the instrument, of the interval, the first one, at another interval than its own.
    """
    fitting = [one for one in sections if not one.instruments or instrument_id in one.instruments]
    for pool in (fitting, sections):
        for one in pool:
            if one.interval == interval:
                return one
    found = [*fitting, *sections, SignalConfig()]
    return structs.replace(found[0], interval=interval)


def opener(section: SignalConfig, instrument_id: str, interval: str, models: Models | None) -> PredictorContext:
    """Return what the predictors may use; nothing outside of the node is asked for a caller."""
    has_reference = section.reference is not None and section.reference != instrument_id
    return PredictorContext(
        instrument_id=instrument_id,
        interval=interval,
        reference=section.reference if has_reference else None,
        session=section.session,
        models=models,
    )


async def opinion(question: Question, bars: Bars, models: Models | None, turns: Turns) -> Signal:
    """Return what the configured sources together say of the newest bar, with predictors of its own.

    Models are read beside the loop; all the rest is done a turn at a time.
    """
    context = opener(question.section, question.instrument.instrument_id, question.interval.name, models)
    aggregator = await asyncio.to_thread(Aggregator.from_config, question.section, context)
    try:
        said: list[Signal] = []
        await turns.run(steps(question, aggregator, _reference(context, question.interval, bars), said))
        return said[0]
    finally:
        aggregator.close()


def steps(
    question: Question, aggregator: Aggregator, reference: ReferenceBars | None, said: list[Signal]
) -> Iterator[None]:
    """Form the opinion, a few bars at each step; it stands in `said` afterwards."""
    session = None if question.section.session is None else Session.from_text(question.section.session)
    stream = SignalStream(question.instrument, question.interval, aggregator, 0, session=session, reference=reference)
    yield from stream.loading(question.rows[:-1], [], trace_id=question.trace_id, ts_init=question.ts_init)
    said.append(stream.close(question.rows[-1], question.trace_id, question.ts_init))


def _reference(context: PredictorContext, interval: Interval, bars: Bars) -> ReferenceBars | None:
    """Return the second instrument's bars of this node, as far as they are there."""
    name = context.reference
    if name is None:
        return None
    found = ReferenceBars(interval)
    try:
        bars.check(name, interval.name)
    except UnsupportedIntervalError:
        return found
    if bars.is_loaded(name, interval.name):
        price = 10.0 ** bars.instruments()[name].price_precision
        found.load((row.ts_open, row.close / price) for row in bars.rows(name, interval.name, _REFERENCE))
    return found
