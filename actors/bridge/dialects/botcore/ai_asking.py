"""From a body with candles to what the node's sources say of them."""

from collections.abc import Mapping, Sequence
from secrets import token_hex

from msgspec import Struct

from actors.bridge.context import Context
from actors.bridge.dialects.botcore.ai_bodies import AiQuestion
from actors.bridge.symbols import interval_named
from actors.market import BarRow, Instrument, Interval, interval_of
from actors.messages import Signal
from actors.signal.asked.candles import MOST, rows_of
from actors.signal.asked.levels import features_of
from actors.signal.asked.question import Question, opinion, section_of
from config.errors import InvalidInputError
from config.signals import SignalConfig
from config.training import Barriers

_HOURLY = "1h"


class Asked(Struct, frozen=True, kw_only=True):
    """Candles, and what was said of the newest."""

    instrument: Instrument
    interval: Interval
    rows: Sequence[BarRow]
    signal: Signal
    features: Mapping[str, float]
    """By name; nothing while warming up."""

    @property
    def close(self) -> float:
        """Price of the newest bar."""
        return float(self.rows[-1].close / 10.0**self.instrument.price_precision)

    @property
    def atr(self) -> float:
        """Average true range of 14 bars; 0 while warming up."""
        return self.close * self.features.get("atr_share", 0.0)


async def asked(context: Context, body: AiQuestion) -> Asked:
    """Return what the sources say of the candles of a body.

    Raises:
        NodeError: If the symbol, the timeframe or a candle is none.
    """
    instrument = instrument_named(context, body.symbol)
    given = _given(body, instrument)
    main = _main(context, body, given, instrument.instrument_id)
    return await said_of(context, instrument, main, _with_history(context, instrument, main, given[main]))


async def asked_all(context: Context, body: AiQuestion) -> Sequence[Asked]:
    """Return what the sources say of the candles of each timeframe of a body, the main one first, then the shortest.

    Raises:
        NodeError: If the symbol, a timeframe or a candle is none.
    """
    instrument = instrument_named(context, body.symbol)
    given = _given(body, instrument)
    main = _main(context, body, given, instrument.instrument_id)
    others = sorted(given.keys() - {main}, key=lambda one: one.duration_ns)
    return [
        await said_of(context, instrument, one, _with_history(context, instrument, one, given[one]))
        for one in (main, *others)
    ]


async def said_of(context: Context, instrument: Instrument, interval: Interval, rows: Sequence[BarRow]) -> Asked:
    """Return what the sources say of the newest of some bars."""
    question = Question(
        instrument=instrument,
        interval=interval,
        rows=rows,
        section=section_of(sections(context), instrument.instrument_id, interval.name),
        trace_id=token_hex(16),
        ts_init=context.clock.now_ns,
    )
    signal = await opinion(question, context.bars, context.models, context.analysing)
    return Asked(instrument=instrument, interval=interval, rows=rows, signal=signal, features=features_of(signal))


def instrument_named(context: Context, symbol: str) -> Instrument:
    """Return the instrument that a symbol means.

    Raises:
        UnknownInstrumentError: If it means none.
    """
    return context.bars.instruments()[context.symbols.find(symbol)]


def sections(context: Context) -> Sequence[SignalConfig]:
    """Return the signal streams as they are set now."""
    return context.config.signals if context.settings is None else context.settings.state().now


def barriers(context: Context) -> Barriers:
    """Return the barriers by which predictions are judged."""
    config = context.config
    return config.training.label if config.analyses.barriers is None else config.analyses.barriers


def who(signal: Signal) -> str:
    """Return who has voted, by model or name; `none` when nobody has."""
    return " + ".join(one.model or one.name for one in signal.sources if one.state == "voted") or "none"


def _given(body: AiQuestion, instrument: Instrument) -> Mapping[Interval, list[BarRow]]:
    """Return the candles by interval; timeframes without any are left out.

    Raises:
        NodeError: If there is none, a timeframe or a candle is none, or two timeframes are of the same length.
    """
    if body.timeframe_data is None:
        sent = {body.timeframe or _HOURLY: body.candles}
        where = "$.candles"
    else:
        sent = {word: candles for word, candles in body.timeframe_data.items() if candles}
        where = "$.timeframe_data"
    found: dict[Interval, list[BarRow]] = {}
    for word, candles in sent.items():
        interval = interval_of(interval_named(word))
        path = where if body.timeframe_data is None else f"{where}.{word}"
        if interval in found:
            raise InvalidInputError(f"{word} is of the same length as another timeframe", path=path)
        found[interval] = rows_of(
            [one.candle(f"{path}[{i}]") for i, one in enumerate(candles)], instrument, interval, path
        )
    if not any(found.values()):
        raise InvalidInputError("needs a candle at least", path=where)
    return found


def _main(
    context: Context, body: AiQuestion, given: Mapping[Interval, Sequence[BarRow]], instrument_id: str
) -> Interval:
    named = None if body.timeframe is None else interval_of(interval_named(body.timeframe))
    if named is not None and named in given:
        return named
    streamed = {one.interval for one in sections(context) if not one.instruments or instrument_id in one.instruments}
    return max(given, key=lambda one: (one.name in streamed, len(given[one]), -one.duration_ns))


def _with_history(context: Context, instrument: Instrument, interval: Interval, given: list[BarRow]) -> list[BarRow]:
    """Put the node's own bars before the first candle, as far as it has them and they are needed."""
    name, missing = instrument.instrument_id, MOST - len(given)
    if missing <= 0 or not context.bars.is_loaded(name, interval.name):
        return given
    before = [row for row in context.bars.rows(name, interval.name, MOST) if row.ts_open < given[0].ts_open]
    return before[-missing:] + given
