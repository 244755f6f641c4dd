"""`POST /analyze` and `GET /config`: an opinion of a hundred candles and more, and what is asked of them."""

import time
from typing import ClassVar, Literal, override

from msgspec import UNSET, Struct, UnsetType

from actors.bridge.context import Context
from actors.bridge.dialects.botcore.ai_answer import answer_form, indicators
from actors.bridge.dialects.botcore.ai_asking import instrument_named, said_of, sections, who
from actors.bridge.dialects.botcore.ai_bodies import GivenCandle, SymbolText
from actors.bridge.dialects.botcore.details import DetailRoute
from actors.bridge.rest.route import Answer, Call, NoQuery, body_of, json_answer, routes
from actors.bridge.words import named, time_text
from actors.market import interval_of
from actors.signal.asked.candles import MOST, rows_of
from config.errors import InvalidInputError, UnknownInstrumentError, UnsupportedIntervalError
from config.signal_errors import ModelError, TooFewCandlesError
from config.signals import SignalConfig

LEAST = 100
Timeframe = Literal["1m", "5m", "15m", "1h", "4h", "1d"]
TIMEFRAMES: tuple[Timeframe, ...] = ("1m", "5m", "15m", "1h", "4h", "1d")
NO_MODEL = "AI model not available. Please train a model first."


class ModelQuestion(Struct, frozen=True, kw_only=True):
    """Candles of one symbol, oldest first; fields it does not know are passed over."""

    symbol: SymbolText
    timeframe: Timeframe = "1h"
    candles: tuple[GivenCandle, ...]
    """100 to 1,000."""


class ModelAnswer(Struct, frozen=True, kw_only=True):
    """What the sources say of the newest candle."""

    signal: Literal["long", "short", "neutral"]
    confidence: float
    """0..100."""
    probability: float
    """0..1, of a rise."""
    timestamp: str
    model_type: str
    """Who has voted, by model or name; `none` when nobody has."""
    symbol: str
    timeframe: str
    indicators: dict[str, float] | UnsetType = UNSET
    """Features of the newest candle by name, where the node is set to tell them."""


class ModelConfig(Struct, frozen=True, kw_only=True):
    """What predicts."""

    type: str
    """The configured predictors."""
    sequence_length: int
    """Bars that a new network looks back."""
    hidden_units: int
    trees: int
    quorum: float


class TradingConfig(Struct, frozen=True, kw_only=True):
    """When an opinion has a side."""

    long_threshold: float
    short_threshold: float
    neutral_zone: float
    """How far both are from one half at least."""
    confidence_threshold: float
    """Strategies act above."""


class DataConfig(Struct, frozen=True, kw_only=True):
    """What is taken."""

    min_candles_required: int = LEAST
    max_candles_per_request: int = MOST


class ModelSetup(Struct, frozen=True, kw_only=True):
    """How this node predicts."""

    supported_timeframes: tuple[str, ...]
    model_config: ModelConfig
    trading_config: TradingConfig
    data_config: DataConfig


@routes.register("POST /analyze")
class ServiceAnalyze(DetailRoute[NoQuery]):
    """Say what the node's sources think of the newest of 100 to 1,000 candles."""

    body = ModelQuestion
    reply: ClassVar[type[Struct]] = ModelAnswer
    problems = (
        TooFewCandlesError,
        InvalidInputError,
        UnknownInstrumentError,
        UnsupportedIntervalError,
        ModelError,
    )
    is_costly = True

    @override
    async def answer(self, call: Call, query: NoQuery) -> Answer:
        body = body_of(call, ModelQuestion)
        if len(body.candles) < LEAST:
            why = f"Insufficient data. Minimum {LEAST} candles required, got {len(body.candles)}"
            raise TooFewCandlesError(why, path="$.candles")
        instrument, interval = instrument_named(self.context, body.symbol), interval_of(body.timeframe)
        candles = [one.candle(f"$.candles[{index}]") for index, one in enumerate(body.candles)]
        rows = rows_of(candles, instrument, interval, "$.candles")
        found = await said_of(self.context, instrument, interval, rows)
        if all(one.state == "disabled" for one in found.signal.sources if one.weight > 0.0):
            raise ModelError(NO_MODEL)
        said = ModelAnswer(
            signal=found.signal.signal,
            confidence=found.signal.confidence * 100.0,
            probability=found.signal.probability,
            timestamp=time_text(time.time_ns() // 1_000_000),
            model_type=who(found.signal),
            symbol=named(self.context.symbols, instrument.instrument_id),
            timeframe=body.timeframe,
            indicators=indicators(found, answer_form(self.context)),
        )
        return json_answer(said)


@routes.register("GET /config")
class GetServiceConfig(DetailRoute[NoQuery]):
    """Tell what candles are taken, what predicts and where its thresholds are."""

    reply: ClassVar[type[Struct]] = ModelSetup

    @override
    async def answer(self, call: Call, query: NoQuery) -> Answer:
        return json_answer(_config(self.context))


def _config(context: Context) -> ModelSetup:
    section, training = _first(context), context.config.training
    return ModelSetup(
        supported_timeframes=TIMEFRAMES,
        model_config=ModelConfig(
            type=" + ".join(one.name for one in section.predictors) or "none",
            sequence_length=training.lstm.window,
            hidden_units=training.lstm.hidden,
            trees=training.gbt.trees,
            quorum=section.quorum,
        ),
        trading_config=TradingConfig(
            long_threshold=section.long_above,
            short_threshold=section.short_below,
            neutral_zone=round(min(section.long_above - 0.5, 0.5 - section.short_below), 9),
            confidence_threshold=section.trade_confidence,
        ),
        data_config=DataConfig(),
    )


def _first(context: Context) -> SignalConfig:
    return next(iter(sections(context)), SignalConfig())
