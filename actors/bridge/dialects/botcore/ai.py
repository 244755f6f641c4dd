"""`POST /ai/analyze` and `/api/ai/analyze`: what the node's sources say of a caller's candles."""

import time
from typing import ClassVar, Literal, override

from msgspec import Struct, structs

from actors.bridge.dialects.botcore.advice import suitability, trend_of
from actors.bridge.dialects.botcore.ai_asking import Asked, asked, barriers, who
from actors.bridge.dialects.botcore.ai_bodies import (
    AiAnalysis,
    AiQuestion,
    AnalysisAnswer,
    AnalysisMetadata,
    LevelName,
    MarketAnalysis,
    RiskAssessment,
)
from actors.bridge.dialects.botcore.answers import BotcoreRoute, wall_text
from actors.bridge.rest.route import Answer, Call, NoQuery, body_of, json_answer, routes
from actors.messages import SignalSide
from actors.signal.asked.levels import Plan, plan_of, turning_points, volatility, volume_word
from config.errors import InvalidInputError, UnknownInstrumentError, UnsupportedIntervalError

ASKED = (InvalidInputError, UnknownInstrumentError, UnsupportedIntervalError)
_CAPITAL: dict[SignalSide, Literal["Long", "Short", "Neutral"]] = {
    "long": "Long",
    "short": "Short",
    "neutral": "Neutral",
}
_FULL_SWING = 0.05
"""Average true range, as share of the price, that counts as all the risk there is."""
_LOW, _HIGH = 0.35, 0.65


class _Analyze(BotcoreRoute[NoQuery]):
    """Asks the sources about the candles of the body."""

    body = AiQuestion
    problems = ASKED
    tag = "bot core AI"
    is_costly = True

    async def _analysis(self, call: Call) -> AiAnalysis:
        began = time.perf_counter()
        body = body_of(call, AiQuestion)
        found = await asked(self.context, body)
        signal, features = found.signal, found.features
        plan = plan_of(
            signal.signal, signal.confidence, found.close, features.get("atr_share", 0.0), barriers(self.context)
        )
        scores = {one.name: one.score for one in signal.sources if one.state == "voted" and one.score is not None}
        wanted = body.strategy_context.selected_strategies
        took = round((time.perf_counter() - began) * 1_000.0)
        return AiAnalysis(
            signal=_CAPITAL[signal.signal],
            confidence=signal.confidence,
            reasoning="; ".join(signal.reasons),
            strategy_scores={name: suitability(name, features) for name in wanted} | scores,
            market_analysis=_market(found),
            risk_assessment=_risk(found, plan),
            suggested_entry=plan.entry,
            suggested_stop_loss=plan.stop,
            suggested_take_profit=plan.target,
            risk_reward_ratio=plan.reward,
            timestamp=time.time_ns() // 1_000_000,
            processing_time_ms=took,
            metadata=AnalysisMetadata(
                analysis_id=signal.trace_id,
                timestamp=wall_text(),
                model_version=who(signal),
                processing_time_ms=took,
                timeframe=found.interval.name,
                candles=len(found.rows),
            ),
        )


@routes.register("POST /ai/analyze")
class AiAnalyze(_Analyze):
    """Say what the node's sources think of the newest of the candles that are sent.

    The same features, predictors and weights as of its own signals; nothing of it is kept or traded.
    """

    reply: ClassVar[type[Struct]] = AiAnalysis

    @override
    async def answer(self, call: Call, query: NoQuery) -> Answer:
        return json_answer(await self._analysis(call))


@routes.register("POST /api/ai/analyze")
class BrowserAnalyze(_Analyze):
    """Say the same in the envelope, with `long`, `short` or `neutral`."""

    reply: ClassVar[type[Struct]] = AnalysisAnswer

    @override
    async def answer(self, call: Call, query: NoQuery) -> Answer:
        found = await self._analysis(call)
        small: Literal["long", "short", "neutral"] = found.signal.lower()  # type: ignore[assignment]
        return json_answer(AnalysisAnswer(data=structs.replace(found, signal=small), timestamp=wall_text()))


def _market(found: Asked) -> MarketAnalysis:
    price = 10.0**found.instrument.price_precision
    supports, resistances = turning_points(found.rows, price, found.atr)
    return MarketAnalysis(
        trend_direction=trend_of(found.features),
        trend_strength=found.features.get("trend_strength", 0.0),
        support_levels=supports,
        resistance_levels=resistances,
        volatility_level=volatility(found.features),
        volume_analysis=volume_word(found.features),
    )


def _risk(found: Asked, plan: Plan) -> RiskAssessment:
    technical = 1.0 - found.signal.confidence
    market = min(found.features.get("atr_share", 0.0) / _FULL_SWING, 1.0) if found.features else 1.0
    return RiskAssessment(
        overall_risk=_word((technical + market) / 2.0),
        technical_risk=technical,
        market_risk=market,
        recommended_position_size=plan.size,
        stop_loss_suggestion=plan.stop,
        take_profit_suggestion=plan.target,
    )


def _word(risk: float) -> LevelName:
    return "Low" if risk < _LOW else "High" if risk > _HIGH else "Medium"
