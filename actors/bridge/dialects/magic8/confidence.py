"""`GET /confidence/…`: how sure the predictor was of orders, over time."""

from collections.abc import Sequence
from statistics import fmean
from typing import Annotated, ClassVar, Literal, override

from msgspec import Meta, Struct

from actors.bridge.channel import PUBLIC
from actors.bridge.context import Context
from actors.bridge.dialects.magic8.answers import Magic8Route
from actors.bridge.dialects.magic8.confidences import Confidence, confidences_of
from actors.bridge.rest.route import Answer, Call, json_answer, person_of, routes
from actors.bridge.words import named, time_text
from actors.ports.identity import Principal
from actors.screening.candidate import NAMES
from actors.screening.verdict import Recommendation
from actors.signal.option_orders import strategy_of
from config.errors import NodeError, NotFoundError, UnknownInstrumentError

MOST_POINTS = 1_000
SOURCE_VERDICTS = 1_000
"""So many of the configured source are kept."""
HOUR_MS, MINUTE_MS = 3_600_000, 60_000
STEADY = 0.02
"""A smaller change of the mean confidence is none."""
Trend = Literal["rising", "falling", "steady", "unknown"]


class ConfidenceBody(Struct, frozen=True, kw_only=True):
    """One prediction, without the order it was made for."""

    symbol: str
    strategy: str
    win_probability: float
    confidence: float
    """2 |p - 0.5|."""
    threshold: float
    prediction: Literal["WIN", "LOSS"]
    recommendation: Recommendation
    timestamp: str
    """Market time, RFC 3339."""


class ConfidenceHistory(Struct, frozen=True, kw_only=True):
    """Predictions of one symbol and strategy, oldest first."""

    symbol: str
    strategy: str
    hours: float
    count: int
    complete: bool
    """Whether these are all since then: the newest are kept, and at most 1,000 shown."""
    mean_win_probability: float | None
    mean_confidence: float | None
    history: tuple[ConfidenceBody, ...]


class ConfidenceTrend(Struct, frozen=True, kw_only=True):
    """How one symbol and strategy did within a window."""

    symbol: str
    strategy: str
    count: int
    mean_win_probability: float
    mean_confidence: float
    change: float | None
    """Mean confidence of the window's second half less that of its first; null when one of them has none."""
    trend: Trend


class ConfidenceTrends(Struct, frozen=True, kw_only=True):
    """Every pair that had predictions within the window."""

    window: int
    """Minutes of market time."""
    complete: bool
    trends: tuple[ConfidenceTrend, ...]


class HistoryQuery(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """How far back."""

    hours: Annotated[float, Meta(gt=0.0, le=168.0, description="hours of market time")] = 24.0


class TrendsQuery(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Which pairs, in which window."""

    symbols: Annotated[str, Meta(max_length=400, description="separated by commas; empty: all")] = ""
    strategies: Annotated[str, Meta(max_length=400, description="separated by commas; empty: all")] = ""
    window: Annotated[int, Meta(ge=1, le=1_440, description="minutes of market time")] = 60


def owner_of(context: Context, principal: Principal) -> str:
    """Return whose predictions somebody's are: on a node without users everybody's are everybody's."""
    return PUBLIC if context.identity.mode == "off" else principal.user_id


def body_of_confidence(context: Context, one: Confidence) -> ConfidenceBody:
    """Return a prediction as it is told."""
    return ConfidenceBody(
        symbol=named(context.symbols, one.instrument_id),
        strategy=one.strategy,
        win_probability=one.probability,
        confidence=one.confidence,
        threshold=one.threshold,
        prediction="WIN" if one.probability >= one.threshold else "LOSS",
        recommendation=one.recommendation,
        timestamp=time_text(one.ts_ms),
    )


class _Confident[Q: Struct](Magic8Route[Q]):
    """Base of what reads predictions."""

    problems: ClassVar[tuple[type[NodeError], ...]] = (NotFoundError, UnknownInstrumentError)
    is_costly = True

    def since(self, call: Call, length_ms: float) -> tuple[list[Confidence], bool]:
        """Return the caller's predictions and those of the source, oldest first, and whether these are all."""
        self.screening()
        context, source = self.context, self.context.screened_orders
        last = context.clock.now_ms
        first, owner = last - int(length_ms), owner_of(context, person_of(call))
        own, verdicts = context.confidences.between(owner, first, last), []
        if source is not None:
            verdicts = source.verdicts(SOURCE_VERDICTS)
        theirs = [one for one in confidences_of(reversed(verdicts)) if first <= one.ts_ms <= last]
        is_complete = context.confidences.is_complete(owner, first) and (
            len(verdicts) < SOURCE_VERDICTS or verdicts[-1].ts // 1_000_000 < first
        )
        return sorted([*own, *theirs], key=lambda one: one.ts_ms), is_complete


@routes.register("GET /confidence/history/{symbol}/{strategy}")
class GetConfidenceHistory(_Confident[HistoryQuery]):
    """List what the caller was told of orders in a symbol and strategy, and what came of the node's own source."""

    query = HistoryQuery
    reply: ClassVar[type[Struct]] = ConfidenceHistory
    parameters: ClassVar[dict[str, str]] = {
        "symbol": "for example `SPX`, in any case",
        "strategy": "for example `Iron Condor`",
    }

    @override
    async def answer(self, call: Call, query: HistoryQuery) -> Answer:
        found, is_complete = self.since(call, query.hours * HOUR_MS)
        pair = self.context.symbols.find(call.path["symbol"]), _strategy(call.path["strategy"])
        rows = [one for one in found if (one.instrument_id, one.strategy) == pair]
        shown = rows[-MOST_POINTS:]
        return json_answer(
            ConfidenceHistory(
                symbol=named(self.context.symbols, pair[0]),
                strategy=pair[1],
                hours=query.hours,
                count=len(shown),
                complete=is_complete and len(shown) == len(rows),
                mean_win_probability=fmean(one.probability for one in shown) if shown else None,
                mean_confidence=fmean(one.confidence for one in shown) if shown else None,
                history=tuple(body_of_confidence(self.context, one) for one in shown),
            )
        )


@routes.register("GET /confidence/trends")
class GetConfidenceTrends(_Confident[TrendsQuery]):
    """Tell how the confidence in orders has changed within a window, by symbol and strategy."""

    query = TrendsQuery
    reply: ClassVar[type[Struct]] = ConfidenceTrends

    @override
    async def answer(self, call: Call, query: TrendsQuery) -> Answer:
        found, is_complete = self.since(call, query.window * MINUTE_MS)
        wanted = {self.context.symbols.find(one) for one in _split(query.symbols)}
        strategies = set(map(_strategy, _split(query.strategies)))
        pairs: dict[tuple[str, str], list[Confidence]] = {}
        for one in found:
            if (not wanted or one.instrument_id in wanted) and (not strategies or one.strategy in strategies):
                pairs.setdefault((one.instrument_id, one.strategy), []).append(one)
        middle_ms = self.context.clock.now_ms - query.window * MINUTE_MS // 2
        trends = [self._trend(pair, rows, middle_ms) for pair, rows in sorted(pairs.items())]
        return json_answer(ConfidenceTrends(window=query.window, complete=is_complete, trends=tuple(trends)))

    def _trend(self, pair: tuple[str, str], rows: Sequence[Confidence], middle_ms: int) -> ConfidenceTrend:
        before = [one.confidence for one in rows if one.ts_ms < middle_ms]
        after = [one.confidence for one in rows if one.ts_ms >= middle_ms]
        change = fmean(after) - fmean(before) if before and after else None
        return ConfidenceTrend(
            symbol=named(self.context.symbols, pair[0]),
            strategy=pair[1],
            count=len(rows),
            mean_win_probability=fmean(one.probability for one in rows),
            mean_confidence=fmean([*before, *after]),
            change=change,
            trend=_word(change),
        )


def _word(change: float | None) -> Trend:
    if change is None:
        return "unknown"
    if abs(change) < STEADY:
        return "steady"
    return "rising" if change > 0.0 else "falling"


def _split(text: str) -> list[str]:
    return [part for one in text.split(",") if (part := one.strip())]


def _strategy(text: str) -> str:
    kind = strategy_of(text)
    if kind == "unknown":
        raise NotFoundError(f"no strategy {text[:40]!r}, there are {', '.join(list(NAMES.values())[:-1])}")
    return NAMES[kind]
