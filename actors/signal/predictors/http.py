"""HTTP: another service that analyses bars, asked by `POST /ai/analyze` or `POST /analyze`.

`analyze` sends `{symbol, timeframe, candles}` and reads `{signal long|short|neutral, confidence 0-100, …}`;
`ai_analyze` sends indicators too and reads `{signal Long|Short|Neutral, confidence 0..1, reasoning, …}`.
"""

from datetime import datetime
from typing import Annotated, Literal, override

import msgspec
from msgspec import Meta, Struct

from actors.signal.features import FloatBar
from actors.signal.outside.opinion import LieError, Opinion, Usage, checked, directed, plain
from actors.signal.outside.predictor import OutsidePredictor, ServiceParams
from actors.signal.outside.service import Question
from actors.signal.predictor import MarketView, predictors
from config.fields import Name

_PATHS = {"ai_analyze": "/ai/analyze", "analyze": "/analyze"}
_MOST_CONFIDENCE = {"ai_analyze": 1.0, "analyze": 100.0}
_OLD_S = 300.0
_MILLIS_FROM = 100_000_000_000
"""A whole number above is milliseconds, not seconds."""
_MS, _NS = 1_000, 1_000_000_000


class _Metadata(Struct, frozen=True):
    model_version: str | None = None


class _Said(Struct, frozen=True):
    signal: str
    confidence: float
    reasoning: str | None = None
    symbol: str | None = None
    timeframe: str | None = None
    timestamp: int | float | str | None = None
    model_type: str | None = None
    metadata: _Metadata | None = None


class HttpParams(ServiceParams, frozen=True, kw_only=True):
    """What is asked."""

    service: Name = "http"
    shape: Literal["ai_analyze", "analyze"] = "ai_analyze"
    """Which of the two paths, and how its bodies look."""
    candles: Annotated[int, Meta(ge=1, le=1_000)] = 100
    """Bars that are sent; `analyze` wants at least 100."""

    def __post_init__(self) -> None:
        """Refuse too few bars."""
        if self.shape == "analyze" and self.candles < 100:  # noqa: PLR2004  # of its contract
            raise ValueError(f"candles: expected at least 100 for shape analyze, was {self.candles}")


@predictors.register("http")
class Http(OutsidePredictor):
    """The opinion of another service, asked beside the bars."""

    name = "http"
    params_type = HttpParams

    def __init__(self, params: HttpParams | None = None) -> None:
        super().__init__(params)
        self.lookback = self.params.candles
        if self.params.shape == "analyze":
            self.warmup = max(self.warmup, self.params.candles)

    @override
    def question(self, view: MarketView, stream: str) -> Question:
        bars, shape = view.bars(self.params.candles), self.params.shape
        features = dict(zip(view.names, view.features, strict=False)) if shape == "ai_analyze" else {}
        symbol, timeframe, ts_event = symbol_of(view.instrument_id), view.interval, view.ts_event
        background = self.context.background
        asked_s = ts_event / _NS if background is None else min(background.wall_s(), ts_event / _NS)

        def body() -> bytes:
            asked: dict[str, object] = {"symbol": symbol, "timeframe": timeframe, "candles": [_candle(b) for b in bars]}
            if features:
                asked["technical_indicators"] = features
            return msgspec.json.encode(asked)

        def read(answer: bytes) -> Opinion:
            said = _decoded(answer)
            _check(said, symbol, timeframe, asked_s - _OLD_S)
            return _opinion(said, _MOST_CONFIDENCE[shape])

        return Question(stream=stream, ts_event=ts_event, path=_PATHS[shape], body=body, read=read)


def symbol_of(instrument_id: str) -> str:
    """Return the symbol as such services write it: `BTCUSDT` for `BTC-USDT.SIM`."""
    return instrument_id.partition(".")[0].replace("-", "")


def _candle(bar: FloatBar) -> dict[str, float]:
    ts, opened, high, low, close, volume = bar
    return {"timestamp": ts // 1_000_000, "open": opened, "high": high, "low": low, "close": close, "volume": volume}


def _decoded(answer: bytes) -> _Said:
    try:
        return msgspec.json.decode(answer, type=_Said)
    except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError) as e:
        raise LieError(f"the answer cannot be read: {plain(str(e), 80)}") from None


def _check(said: _Said, symbol: str, timeframe: str, not_before_s: float) -> None:
    """Refuse what is about something else, or was said long before it was asked."""
    if said.symbol is not None and symbol_of(said.symbol).upper() != symbol.upper():
        raise LieError(f"the answer is about {plain(said.symbol, 40)!r}")
    if said.timeframe is not None and said.timeframe != timeframe:
        raise LieError(f"the answer is about bars of {plain(said.timeframe, 10)!r}")
    said_s = _seconds(said.timestamp)
    if said_s is not None and said_s < not_before_s:
        raise LieError(f"the answer was made {not_before_s + _OLD_S - said_s:.0f} s before the question")


def _opinion(said: _Said, most: float) -> Opinion:
    confidence = checked(said.confidence, "confidence", most=most)
    version = said.model_type if said.metadata is None else said.metadata.model_version
    return Opinion(
        score=directed(said.signal.lower(), confidence),
        confidence=confidence,
        reasoning=plain(said.reasoning or ""),
        model=plain(version or "", 100),
        usage=Usage(),
    )


def _seconds(timestamp: float | str | None) -> float | None:
    """Return UNIX seconds of a time in seconds, milliseconds or ISO 8601; None where there is none."""
    if timestamp is None:
        return None
    try:
        if isinstance(timestamp, str):
            return datetime.fromisoformat(timestamp).timestamp()
        return timestamp / _MS if timestamp > _MILLIS_FROM else float(timestamp)
    except (ValueError, OverflowError):
        raise LieError("the answer's timestamp cannot be read") from None
