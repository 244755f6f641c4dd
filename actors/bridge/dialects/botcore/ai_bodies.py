"""What the bot core's clients send to be analysed, and what they read."""

from typing import Annotated, Literal

from msgspec import Meta, Struct

from actors.signal.asked.candles import Candle
from config.errors import InvalidInputError

SymbolText = Annotated[str, Meta(min_length=1, max_length=64)]
TimeframeText = Annotated[str, Meta(min_length=1, max_length=8)]
Trend = Literal["Bullish", "Bearish", "Sideways"]
LevelName = Literal["Low", "Medium", "High"]


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
    """Of `candles`; by default `1h`."""
    candles: tuple[GivenCandle, ...] = ()
    """Oldest first, one is enough: what was before is taken from the node's own bars."""
    timeframe_data: dict[TimeframeText, tuple[GivenCandle, ...]] | None = None
    """Candles by timeframe; the one that the node has signals of counts, else the one with the most candles."""
    strategy_context: StrategyContext = StrategyContext()


class AiChoice(AiQuestion, frozen=True, kw_only=True):
    """Candles, and the strategies to choose from."""

    available_strategies: Annotated[tuple[Annotated[str, Meta(max_length=64)], ...], Meta(max_length=100)] = ()
    """None: those of `GET /ai/strategies`."""


class MarketAnalysis(Struct, frozen=True, kw_only=True):
    """What the candles show."""

    trend_direction: Trend
    trend_strength: float
    """0..1."""
    support_levels: tuple[float, ...]
    """Up to three, nearest first."""
    resistance_levels: tuple[float, ...]
    volatility_level: LevelName
    volume_analysis: str


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
    strategy_scores: dict[str, float]
    """-1..1 by who has voted; 0..1 by selected strategy: how well it suits the market."""
    market_analysis: MarketAnalysis
    risk_assessment: RiskAssessment
    suggested_entry: float
    """0: no trade is suggested; likewise the three below."""
    suggested_stop_loss: float
    suggested_take_profit: float
    risk_reward_ratio: float
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
