"""From what the sources say of candles to the bot core's answer, simple or detailed."""

import time
from collections.abc import Sequence
from typing import Literal

from msgspec import UNSET, UnsetType, structs

from actors.bridge.context import Context
from actors.bridge.dialects.botcore.advice import suitability, trend_of
from actors.bridge.dialects.botcore.agreement import confidence, stance, words
from actors.bridge.dialects.botcore.ai_asking import Asked, who
from actors.bridge.dialects.botcore.ai_bodies import (
    AiAnalysis,
    AnalysisMetadata,
    LevelName,
    MarketAnalysis,
    RiskAssessment,
    TimeframeOpinion,
)
from actors.bridge.dialects.botcore.answers import wall_text
from actors.messages import SignalSide
from actors.signal.asked.levels import Plan, plan_of, turning_points, volatility, volume_word
from config.settings import AnswerForm
from config.training import Barriers

_CAPITAL: dict[SignalSide, Literal["Long", "Short", "Neutral"]] = {
    "long": "Long",
    "short": "Short",
    "neutral": "Neutral",
}
_FULL_SWING = 0.05
"""Average true range, as share of the price, that counts as all the risk there is."""
_LOW, _HIGH = 0.35, 0.65
_AS_CONFIGURED = AnswerForm(detailed=True, indicators=False)


def answer_form(context: Context) -> AnswerForm:
    """Return what answers hold beside the opinion."""
    return _AS_CONFIGURED if context.settings is None else context.settings.state().answers


def indicators(found: Asked, form: AnswerForm) -> dict[str, float] | UnsetType:
    """Return the features of the newest candle, where they are to be told."""
    return dict(found.features) if form.indicators else UNSET


def analysis(found: Sequence[Asked], wanted: Sequence[str], aims: Barriers, form: AnswerForm) -> AiAnalysis:
    """Return the answer about candles of several timeframes, the main one first.

    Args:
        found: What was said of each.
        wanted: Strategies whose suitability is told.
        aims: Where stop and target are put.
        form: What the answer holds.
    """
    main, *others = found
    sure = confidence([one.signal for one in found])
    beside = [words(one.interval.name, main.signal, one.signal) for one in others]
    plain = AiAnalysis(
        signal=_CAPITAL[main.signal.signal],
        confidence=sure,
        reasoning="; ".join((*main.signal.reasons, *beside)),
        indicators=indicators(main, form),
        timestamp=time.time_ns() // 1_000_000,
        processing_time_ms=0,
        metadata=AnalysisMetadata(
            analysis_id=main.signal.trace_id,
            timestamp=wall_text(),
            model_version=who(main.signal),
            processing_time_ms=0,
            timeframe=main.interval.name,
            candles=len(main.rows),
        ),
    )
    return _detailed(plain, found, wanted, aims) if form.detailed else plain


def _detailed(plain: AiAnalysis, found: Sequence[Asked], wanted: Sequence[str], aims: Barriers) -> AiAnalysis:
    main = found[0]
    atr_share = main.features.get("atr_share", 0.0)
    plan = plan_of(main.signal.signal, plain.confidence, main.close, atr_share, aims)
    return structs.replace(
        plain,
        strategy_scores=_scores(found, wanted),
        market_analysis=_market(found),
        risk_assessment=_risk(main, plain.confidence, plan),
        suggested_entry=plan.entry,
        suggested_stop_loss=plan.stop,
        suggested_take_profit=plan.target,
        risk_reward_ratio=plan.reward,
    )


def _scores(found: Sequence[Asked], wanted: Sequence[str]) -> dict[str, float]:
    main = found[0]
    fit = {name: suitability(name, main.features) for name in wanted}
    said = {one.name: one.score for one in main.signal.sources if one.state == "voted" and one.score is not None}
    spans = {one.interval.name: one.signal.score for one in found} if len(found) > 1 else {}
    return fit | spans | said


def _market(found: Sequence[Asked]) -> MarketAnalysis:
    main = found[0]
    price = 10.0**main.instrument.price_precision
    supports, resistances = turning_points(main.rows, price, main.atr)
    return MarketAnalysis(
        trend_direction=trend_of(main.features),
        trend_strength=main.features.get("trend_strength", 0.0),
        support_levels=supports,
        resistance_levels=resistances,
        volatility_level=volatility(main.features),
        volume_analysis=volume_word(main.features),
        timeframes={one.interval.name: _opinion(main, one) for one in found},
    )


def _opinion(main: Asked, one: Asked) -> TimeframeOpinion:
    return TimeframeOpinion(
        signal=one.signal.signal,
        confidence=one.signal.confidence,
        score=one.signal.score,
        stance=stance(main.signal, one.signal),
        trend_direction=trend_of(one.features),
        trend_strength=one.features.get("trend_strength", 0.0),
        candles=len(one.rows),
    )


def _risk(main: Asked, sure: float, plan: Plan) -> RiskAssessment:
    technical = 1.0 - sure
    market = min(main.features.get("atr_share", 0.0) / _FULL_SWING, 1.0) if main.features else 1.0
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
