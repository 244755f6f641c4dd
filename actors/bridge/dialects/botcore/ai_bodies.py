"""What the bot core's clients send to be analysed, and what they read."""

from typing import Annotated, Literal

from msgspec import UNSET, Meta, Struct, UnsetType

from actors.signal.asked.candles import Candle
from config.errors import InvalidInputError

SymbolText = Annotated[str, Meta(min_length=1, max_length=64)]
TimeframeText = Annotated[str, Meta(min_length=1, max_length=8)]
Trend = Literal["Bullish", "Bearish", "Sideways"]
LevelName = Literal["Low", "Medium", "High"]
MOST_TIMEFRAMES = 8
"""Of one question."""


class GivenCandle(Struct, frozen=True, kw_only=True):
    """One candle; fields it does not know are passed over."""

    timestamp: int | None = None
    """Open time, UNIX milliseconds."""
    open_time: int | None = None
    """The same under the other name."""
    open: float
    high: float
    low: float
    close: float
    volume: float

    def candle(self, path: str) -> Candle:
        """Return it under one name.

        Raises:
            InvalidInputError: If it has no time.
        """
        ts = self.timestamp if self.timestamp is not None else self.open_time
        if ts is None:
            raise InvalidInputError("needs `timestamp` or `open_time`", path=path)
        return Candle(timestamp=ts, open=self.open, high=self.high, low=self.low, close=self.close, volume=self.volume)


class StrategyContext(Struct, frozen=True, kw_only=True):
    """What the caller has in mind; fields it does not know are passed over."""

    selected_strategies: Annotated[tuple[str, ...], Meta(max_length=100)] = ()
    """Each gets a suitability in `strategy_scores`."""
    risk_level: str = ""


class AiQuestion(Struct, frozen=True, kw_only=True):
    """Candles in either form, told apart by `timeframe_data`; fields it does not know are passed over."""

    symbol: SymbolText
    timeframe: TimeframeText | None = None
    """Of `candles`; by default `1h`. Among `timeframe_data`: the main one."""
    candles: tuple[GivenCandle, ...] = ()
    """Oldest first, one is enough: what was before is taken from the node's own bars."""
    timeframe_data: Annotated[dict[TimeframeText, tuple[GivenCandle, ...]], Meta(max_length=MOST_TIMEFRAMES)] | None = (
        None
    )
    """Candles by timeframe. The main one is `timeframe`, else one that the node has signals of, else that with the most
    candles, else the shortest; the others agree with it or oppose it."""
    strategy_context: StrategyContext = StrategyContext()


class AiChoice(AiQuestion, frozen=True, kw_only=True):
    """Candles, and the strategies to choose from."""

    available_strategies: Annotated[tuple[Annotated[str, Meta(max_length=64)], ...], Meta(max_length=100)] = ()
    """None: those of `GET /ai/strategies`."""


class TimeframeOpinion(Struct, frozen=True, kw_only=True):
    """What the sources say of the candles of one timeframe."""

    signal: Literal["long", "short", "neutral"]
    confidence: float
    """0..1."""
    score: float
    """-1..1."""
    stance: Literal["main", "agrees", "opposes", "neutral", "silent"]
    """Beside the main one; `silent`: nobody could say anything."""
    trend_direction: Trend
    trend_strength: float
    """0..1."""
    candles: int
    """How many bars were looked at, the node's own included."""


class MarketAnalysis(Struct, frozen=True, kw_only=True):
    """What the candles of the main timeframe show."""

    trend_direction: Trend
    trend_strength: float
    """0..1."""
    support_levels: tuple[float, ...]
    """Up to three, nearest first."""
    resistance_levels: tuple[float, ...]
    volatility_level: LevelName
    volume_analysis: str
    timeframes: dict[str, TimeframeOpinion]
    """Every timeframe that was sent, the main one too."""


class RiskAssessment(Struct, frozen=True, kw_only=True):
    """What a trade would risk; suggestions, which nobody acts on but the caller."""

    overall_risk: LevelName
    technical_risk: float
    """0..1: 1 less the confidence."""
    market_risk: float
    """0..1: average true range as share of the price, 5 % counts 1."""
    recommended_position_size: float
    """Share of the equity, 0..0.25; 0: no trade."""
    stop_loss_suggestion: float
    """0: none."""
    take_profit_suggestion: float


class AnalysisMetadata(Struct, frozen=True, kw_only=True):
    """How the answer came about."""

    analysis_id: str
    timestamp: str
    model_version: str
    """Who has voted, by name or id of the model; `none` when nobody has."""
    processing_time_ms: int
    timeframe: str
    candles: int
    """How many bars were looked at, the node's own included."""


class AiAnalysis(Struct, frozen=True, kw_only=True):
    """What the sources say of the newest candle, and what stands beside it."""

    signal: Literal["Long", "Short", "Neutral", "long", "short", "neutral"]
    confidence: float
    """0..1; 0: nobody could say anything, `reasoning` says why."""
    reasoning: str
    strategy_scores: dict[str, float] | UnsetType = UNSET
    """-1..1 by who has voted, and by timeframe where there are several; 0..1 by selected strategy: how well it suits
    the market. Like the six below only in answers of format `detailed`."""
    market_analysis: MarketAnalysis | UnsetType = UNSET
    risk_assessment: RiskAssessment | UnsetType = UNSET
    suggested_entry: float | UnsetType = UNSET
    """0: no trade is suggested; likewise the three below."""
    suggested_stop_loss: float | UnsetType = UNSET
    suggested_take_profit: float | UnsetType = UNSET
    risk_reward_ratio: float | UnsetType = UNSET
    indicators: dict[str, float] | UnsetType = UNSET
    """Features of the newest candle by name, where the node is set to tell them; none while warming up."""
    timestamp: int
    """UNIX milliseconds."""
    processing_time_ms: int
    metadata: AnalysisMetadata


class AnalysisAnswer(Struct, frozen=True, kw_only=True):
    """An analysis in the envelope."""

    success: Literal[True] = True
    data: AiAnalysis
    error: None = None
    timestamp: str
