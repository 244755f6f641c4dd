"""`/ai/market-condition`, `/ai/strategy-recommendations`, `/ai/strategies`, `/ai/info`: what the market is like."""

from collections.abc import Mapping, Sequence
from typing import ClassVar, override

from msgspec import Struct

from actors.bridge.dialects.botcore.advice import (
    STRATEGIES,
    Condition,
    Phase,
    characteristics,
    condition,
    direction,
    family_of,
    phase,
    suits,
)
from actors.bridge.dialects.botcore.ai import ASKED
from actors.bridge.dialects.botcore.ai_asking import asked, barriers, sections
from actors.bridge.dialects.botcore.ai_bodies import AiChoice, AiQuestion
from actors.bridge.dialects.botcore.answers import BotcoreRoute
from actors.bridge.dialects.botcore.model_answers import LEAST, TIMEFRAMES
from actors.bridge.rest.route import Answer, Call, NoQuery, body_of, json_answer, routes
from actors.signal.asked.candles import MOST
from actors.signal.features import NAMES, SCHEMA, WARMUP
from config.signals import SignalConfig

_RECOMMENDED = 3


class MarketCondition(Struct, frozen=True, kw_only=True):
    """What kind of market the candles show: plain formulas, no model."""

    condition_type: Condition
    """`Unknown` while there are too few candles."""
    confidence: float
    """0..1: how clearly."""
    direction: float
    """-1 (down) .. 1 (up)."""
    trend_strength: float
    """0..1."""
    characteristics: tuple[str, ...]
    recommended_strategies: tuple[str, ...]
    market_phase: Phase


class StrategyConfig(Struct, frozen=True, kw_only=True):
    """What a strategy of this kind might begin with, in prices; all 0 while there are too few candles."""

    stop_distance: float
    target_distance: float
    min_confidence: float


class Recommendation(Struct, frozen=True, kw_only=True):
    """How well one strategy suits the market."""

    strategy_name: str
    suitability_score: float
    """0..1; 0 of a strategy that is not known."""
    reasoning: str
    recommended_config: StrategyConfig


class AiInfo(Struct, frozen=True, kw_only=True):
    """Who answers here."""

    service: str = "whisperer"
    version: str
    predictors: tuple[str, ...]
    """Of the configured streams."""
    feature_schema: str = SCHEMA
    feature_count: int = len(NAMES)
    warmup_candles: int = WARMUP
    min_candles: int = LEAST
    """Of `POST /analyze`; `/ai/analyze` takes one."""
    max_candles: int = MOST
    supported_timeframes: tuple[str, ...] = TIMEFRAMES
    models_loaded: int
    """Trained models that predictors use."""


@routes.register("POST /ai/market-condition")
class AiCondition(BotcoreRoute[NoQuery]):
    """Say what kind of market the candles show, and which strategies suit it."""

    body = AiQuestion
    reply: ClassVar[type[Struct]] = MarketCondition
    problems = ASKED
    tag = "bot core AI"
    is_costly = True

    @override
    async def answer(self, call: Call, query: NoQuery) -> Answer:
        features = (await asked(self.context, body_of(call, AiQuestion))).features
        kind, confidence = condition(features)
        fit = suits(features)
        ranked = sorted(STRATEGIES, key=lambda name: -fit[STRATEGIES[name]]) if features else []
        return json_answer(
            MarketCondition(
                condition_type=kind,
                confidence=confidence,
                direction=direction(features),
                trend_strength=features.get("trend_strength", 0.0),
                characteristics=characteristics(features),
                recommended_strategies=tuple(ranked[:_RECOMMENDED]),
                market_phase=phase(features),
            )
        )


@routes.register("POST /ai/strategy-recommendations")
class AiRecommendations(BotcoreRoute[NoQuery]):
    """Say how well each strategy suits the market that the candles show, the best first."""

    body = AiChoice
    reply: ClassVar[object] = tuple[Recommendation, ...]
    problems = ASKED
    tag = "bot core AI"
    is_costly = True

    @override
    async def answer(self, call: Call, query: NoQuery) -> Answer:
        body = body_of(call, AiChoice)
        found = await asked(self.context, body)
        aims, atr_share = barriers(self.context), found.features.get("atr_share", 0.0)
        upper, lower = aims.prices(found.close, atr_share) if found.features else (found.close, found.close)
        config = StrategyConfig(
            stop_distance=found.close - lower,
            target_distance=upper - found.close,
            min_confidence=_section(sections(self.context)).trade_confidence,
        )
        fit, kind = suits(found.features), condition(found.features)[0]
        told = [_recommended(name, fit, kind, config) for name in body.available_strategies or tuple(STRATEGIES)]
        return json_answer(tuple(sorted(told, key=lambda one: -one.suitability_score)))


@routes.register("GET /ai/strategies")
class AiStrategies(BotcoreRoute[NoQuery]):
    """List the names of strategies that `/ai/strategy-recommendations` knows."""

    reply: ClassVar[object] = tuple[str, ...]
    tag = "bot core AI"

    @override
    async def answer(self, call: Call, query: NoQuery) -> Answer:
        return json_answer(tuple(STRATEGIES))


@routes.register("GET /ai/info")
class GetAiInfo(BotcoreRoute[NoQuery]):
    """Tell who answers here, and what candles it takes."""

    reply: ClassVar[type[Struct]] = AiInfo
    tag = "bot core AI"

    @override
    async def answer(self, call: Call, query: NoQuery) -> Answer:
        names = dict.fromkeys(one.name for section in sections(self.context) for one in section.predictors)
        keeper = self.context.keeper
        kept = [] if keeper is None else await keeper.models()
        loaded = sum(1 for one in kept if one.state == "promoted")
        return json_answer(AiInfo(version=self.context.version, predictors=tuple(names), models_loaded=loaded))


def _recommended(name: str, fit: Mapping[str, float], kind: Condition, config: StrategyConfig) -> Recommendation:
    family = family_of(name)
    score = 0.0 if family is None else fit[family]
    known = f"a {family} strategy in a market that is {kind.lower()}"
    reasoning = "nothing is known of a strategy of this name" if family is None else known
    return Recommendation(strategy_name=name, suitability_score=score, reasoning=reasoning, recommended_config=config)


def _section(found: Sequence[SignalConfig]) -> SignalConfig:
    return next(iter(found), SignalConfig())
