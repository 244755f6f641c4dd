"""What the API says, as types: made from its contract by scripts/contract.py, not by hand.

Decimals are `Decimal`, with all the digits that were sent; times are UNIX milliseconds, UTC. Texts that are one of a
list are plain `str`, and unknown fields are passed over, so that a newer node does not break an older client.
"""
# ruff: noqa: E741  # the names on the wire

from collections.abc import Mapping
from decimal import Decimal
from types import MappingProxyType
from typing import Any, NamedTuple

from msgspec import Struct


class CalibrationBin(Struct, frozen=True, kw_only=True):
    """Predictions of one tenth of the probabilities: what was said against what came."""

    low: float
    """0..1."""
    high: float
    """0..1."""
    count: int
    predicted: float
    """Mean probability (0..1)."""
    observed: float
    """Share that came true (0..1)."""
    observed_low: float
    """95 % interval (Wilson) (0..1)."""
    observed_high: float
    """0..1."""


class AccuracyPoint(Struct, frozen=True, kw_only=True):
    """One piece of time."""

    ts: int
    """Its beginning (UNIX milliseconds, UTC)."""
    count: int
    accuracy: float
    """0..1."""
    low: float
    """0..1."""
    high: float
    """0..1."""


class Accuracy(Struct, frozen=True, kw_only=True):
    """How good one predictor was on one stream of bars; shares are null while nothing is known."""

    instrument_id: str
    interval: str
    predictor: str
    sample: str
    """`history`: computed afterwards at a start; a model may have learnt from just these bars."""
    count: int
    """Predictions of a direction whose outcome is known."""
    effective_count: float
    """How many of them do not overlap, at most: the intervals rest on it."""
    accuracy: float | None
    low: float | None
    """95 % interval (Wilson)."""
    high: float | None
    baseline: float | None
    """Accuracy of always saying what came more often."""
    verdict: str
    """Against the baseline, by the interval."""
    brier: float | None
    """Mean squared error of the probabilities, neutral ones included."""
    brier_baseline: float | None
    """Of always saying how often it rose."""
    net_return: float | None
    """Mean of what following it would have earned, after fees, share of the price."""
    neutral: int
    abstained: int
    open: int
    unresolved: int
    unjudged: int
    calibration: tuple[CalibrationBin, ...]
    over_time: tuple[AccuracyPoint, ...]


class AccuracyList(Struct, frozen=True, kw_only=True):
    """How good each predictor was on each stream, live ones first."""

    items: tuple[Accuracy, ...]
    start: int
    """What was summed, by the open times of bars (UNIX milliseconds, UTC)."""
    end: int
    """UNIX milliseconds, UTC."""
    bucket_ms: int
    """Width of the pieces of time."""


class Order(Struct, frozen=True, kw_only=True):
    """One order as it is now."""

    client_order_id: str
    """Yours; of a strategy's order the same as `order_id`."""
    order_id: str
    """Ours, 32 letters and digits."""
    venue_order_id: str | None
    """Null until the venue has it."""
    instrument_id: str
    side: str
    type: str
    time_in_force: str
    expire_time: int | None
    """Of `gtd` and `day`: market time."""
    quantity: Decimal
    """Base units."""
    filled_quantity: Decimal
    leaves_quantity: Decimal
    """What may still fill."""
    filled_notional: Decimal
    """Sum of price times quantity over its fills, exact."""
    price: Decimal | None
    trigger_price: Decimal | None
    trailing_offset: Decimal | None
    limit_offset: Decimal | None
    avg_price: Decimal | None
    """Of its fills, rounded to 12 places; null before the first."""
    post_only: bool
    reduce_only: bool
    is_triggered: bool
    status: str
    reason: str | None
    """Why it was canceled, rejected, denied or expired."""
    strategy: str
    """`desk` for manual orders, else the name of a strategy instance."""
    parent_order_id: str | None
    """Held until that order (`order_id`) has filled; null from then on."""
    linked_order_ids: tuple[str, ...]
    """One cancels the other, by `order_id`."""
    revision: int
    """Grows with each change: of two bodies of an order the higher one is the newer."""
    ts_created: int
    """UNIX milliseconds, UTC."""
    ts_created_ns: str
    """UNIX nanoseconds, UTC, as text."""
    ts_updated: int
    """UNIX milliseconds, UTC."""
    ts_ns: str
    """Of the last change (UNIX nanoseconds, UTC, as text)."""
    trace_id: str


class ErrorItem(Struct, frozen=True, kw_only=True):
    """One fault within an input."""

    path: str
    code: str
    message: str
    rule: str | None = None
    """Of a denied order: name of the limit that was met, for example `max_order_notional`."""
    limit: str | None = None
    """Of a denied order: what the limit is."""
    value: str | None = None
    """Of a denied order: what the order would have made of it."""


class Refusal(Struct, frozen=True, kw_only=True):
    """Why something was not done, with the same codes and places as an error."""

    code: str
    message: str
    retry: bool
    """Whether the same may succeed later without a change."""
    errors: tuple[ErrorItem, ...]


class BatchResult(Struct, frozen=True, kw_only=True):
    """The outcome of one order of a batch: the order, or why there is none."""

    client_order_id: str
    order: Order | None
    error: Refusal | None


class Preview(Struct, frozen=True, kw_only=True):
    """What an order would do, without sending it."""

    valid: bool
    notional: Decimal
    """Quote currency, at the limit price or what the visible book would give."""
    fee: Decimal
    """Estimated: maker fee for what would rest, else taker fee."""
    margin: Decimal
    """It would bind."""
    price: Decimal | None
    """Average price expected; null when the book does not tell."""
    currency: str
    problem: Refusal | None
    """Why it would be refused."""


class Ack(Struct, frozen=True, kw_only=True, tag_field="type", tag="ack"):
    """An operation was done, as a whole."""

    id: int | None
    position: dict[str, tuple[str, int]] | None = None
    """Only of `subscribe`: where each channel stands."""
    user: str | None = None
    """Only of `auth`: who is signed in."""
    expires_ms: int | None = None
    """Only of `auth` on a node with users: when the token ends; null: never."""
    order: Order | None = None
    """Only of `order.submit`, `order.modify` and `order.cancel`: the order as it is known now."""
    orders: tuple[Order, ...] | None = None
    """Only of `order.cancel_all` and `position.close`: the orders that are being cancelled, or that close."""
    results: tuple[BatchResult, ...] | None = None
    """Only of `order.batch`: the outcome of each, in the order in which they were sent."""
    preview: Preview | None = None
    """Only of `order.validate`."""
    timeout_s: float | None = None
    """Only of `deadman`: wall seconds until it cancels; null when it is off."""


class TimeframeOpinion(Struct, frozen=True, kw_only=True):
    """What the sources say of the candles of one timeframe."""

    signal: str
    confidence: float
    """0..1."""
    score: float
    """-1..1."""
    stance: str
    """Beside the main one; `silent`: nobody could say anything."""
    trend_direction: str
    trend_strength: float
    """0..1."""
    candles: int
    """How many bars were looked at, the node's own included."""


class MarketAnalysis(Struct, frozen=True, kw_only=True):
    """What the candles of the main timeframe show."""

    trend_direction: str
    trend_strength: float
    """0..1."""
    support_levels: tuple[float, ...]
    """Up to three, nearest first."""
    resistance_levels: tuple[float, ...]
    volatility_level: str
    volume_analysis: str
    timeframes: dict[str, TimeframeOpinion]
    """Every timeframe that was sent, the main one too."""


class RiskAssessment(Struct, frozen=True, kw_only=True):
    """What a trade would risk; suggestions, which nobody acts on but the caller."""

    overall_risk: str
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

    signal: str
    confidence: float
    """0..1; 0: nobody could say anything, `reasoning` says why."""
    reasoning: str
    strategy_scores: dict[str, float] | None = None
    """-1..1 by who has voted, and by timeframe where there are several; 0..1 by selected strategy: how well it suits
    the market. Like the six below only in answers of format `detailed`.
    """
    market_analysis: MarketAnalysis | None = None
    risk_assessment: RiskAssessment | None = None
    suggested_entry: float | None = None
    """0: no trade is suggested; likewise the three below."""
    suggested_stop_loss: float | None = None
    suggested_take_profit: float | None = None
    risk_reward_ratio: float | None = None
    indicators: dict[str, float] | None = None
    """Features of the newest candle by name, where the node is set to tell them; none while warming up."""
    timestamp: int
    """UNIX milliseconds."""
    processing_time_ms: int
    metadata: AnalysisMetadata


class AiInfo(Struct, frozen=True, kw_only=True):
    """Who answers here."""

    service: str
    version: str
    predictors: tuple[str, ...]
    """Of the configured streams."""
    feature_schema: str
    feature_count: int
    warmup_candles: int
    min_candles: int
    """Of `POST /analyze`; `/ai/analyze` takes one."""
    max_candles: int
    supported_timeframes: tuple[str, ...]
    models_loaded: int
    """Trained models that predictors use."""


class PredictorPerformance(Struct, frozen=True, kw_only=True):
    """How good one predictor was on one stream, live; shares are 0 while `predictions` is 0."""

    model: str
    """A predictor, or `signal`: all together."""
    symbol: str
    timeframe: str
    predictions: int
    """Of a direction, with a known outcome."""
    accuracy: float
    accuracy_low: float
    """95 % interval."""
    accuracy_high: float
    baseline_accuracy: float
    """Of always saying what came more often."""
    verdict: str
    """`better`, `worse` or `unclear` against the baseline."""
    brier_score: float
    average_return: float
    """After fees, share of the price."""


class FeedbackTold(Struct, frozen=True, kw_only=True):
    """What the caller has told, summed: their word, not our measurement."""

    count: int
    accurate: int
    profit_loss: float


class AiPerformance(Struct, frozen=True, kw_only=True):
    """How good signals of the last seven days of market time were, by barriers and after fees."""

    total_predictions: int
    """Of all together, with a known outcome."""
    accuracy: float
    """0..1; 0 while there are none."""
    start: str
    end: str
    models: tuple[PredictorPerformance, ...]
    feedback: FeedbackTold


class Alert(Struct, frozen=True, kw_only=True):
    """Something you should know."""

    alert_id: str
    kind: str
    level: str
    message: str
    ts: int
    """UNIX milliseconds, UTC."""
    ts_ns: str
    """UNIX nanoseconds, UTC, as text."""


class AlertList(Struct, frozen=True, kw_only=True):
    """Alerts, newest first."""

    items: tuple[Alert, ...]
    next: str | None
    """Cursor of older ones; null at the end."""


class AlertUpdate(Struct, frozen=True, kw_only=True, tag_field="type", tag="alert"):
    """Channel `alerts`: something you should know."""

    ch: str
    """For example bars:BTC-USDT.SIM:1m."""
    seq: int
    """The channel's sequence number, within its epoch."""
    ts: int
    """Market time when it was sent (UNIX milliseconds, UTC)."""
    data: Alert


class AlertsSnapshot(Struct, frozen=True, kw_only=True, tag_field="type", tag="snapshot"):
    """Nothing: alerts of the past are in `GET /api/v1/alerts`."""

    ch: str
    """For example bars:BTC-USDT.SIM:1m."""
    epoch: str
    """Changes when the numbering of a channel starts anew."""
    seq: int
    """The next message of a log channel carries one more (the channel's sequence number, within its epoch)."""
    source: str | None = None
    """`none`: the source of this node does not have it, nothing will ever come on this channel."""
    part: tuple[int, int]
    """[number of this part from 0, number of parts]."""
    data: tuple[Alert, ...]


class AnalysisAnswer(Struct, frozen=True, kw_only=True):
    """An analysis in the envelope."""

    success: Any
    data: AiAnalysis
    error: None
    timestamp: str


class ApiKey(Struct, frozen=True, kw_only=True):
    """One API key of a user, without its text."""

    key_id: str
    name: str
    scopes: tuple[str, ...]
    created_ms: int
    """UNIX milliseconds, UTC."""
    expires_ms: int | None
    """Null: never."""
    used_ms: int | None
    """Of its last use, to the minute."""


class ApiKeyList(Struct, frozen=True, kw_only=True):
    """Your API keys that have not ended."""

    items: tuple[ApiKey, ...]
    next: None


class ApiKeyMade(Struct, frozen=True, kw_only=True):
    """An API key, with its text."""

    key: ApiKey
    text: str
    """Shown once; sent as `Authorization: Bearer wk_…`."""


class Audit(Struct, frozen=True, kw_only=True):
    """One row of the audit log."""

    seq: int
    """Its number; grows with time."""
    ts: int
    """Wall time (UNIX milliseconds, UTC)."""
    actor: str
    """Who did it: a user id, `anonymous`, or a part of the node; to others than admins every other user is `other`."""
    actor_email: str
    """Empty when it is no user, or not told."""
    action: str
    """For example `auth.sign_in`."""
    target: str
    """What it was done to: a user id, or something of the user's."""
    target_email: str
    detail: dict[str, Any]
    trace_id: str
    """Of the request, also in the log."""


class AuditList(Struct, frozen=True, kw_only=True):
    """Rows of the audit log, newest first."""

    items: tuple[Audit, ...]
    next: str | None
    """Cursor of older ones; null at the end."""


class Balance(Struct, frozen=True, kw_only=True):
    """One currency of the account."""

    account: str
    """Its id."""
    currency: str
    total: Decimal
    locked: Decimal
    """Bound by working orders and, on margin accounts, by positions."""
    free: Decimal
    ts: int
    """UNIX milliseconds, UTC."""
    ts_ns: str
    """UNIX nanoseconds, UTC, as text."""


class BalanceList(Struct, frozen=True, kw_only=True):
    """Balances, one for each currency."""

    items: tuple[Balance, ...]
    next: None


class BalanceUpdate(Struct, frozen=True, kw_only=True, tag_field="type", tag="balance_update"):
    """Channel `balances`: one currency of your account has changed."""

    ch: str
    """For example bars:BTC-USDT.SIM:1m."""
    seq: int
    """The channel's sequence number, within its epoch."""
    ts: int
    """Market time when it was sent (UNIX milliseconds, UTC)."""
    data: Balance


class BalancesSnapshot(Struct, frozen=True, kw_only=True, tag_field="type", tag="snapshot"):
    """All balances."""

    ch: str
    """For example bars:BTC-USDT.SIM:1m."""
    epoch: str
    """Changes when the numbering of a channel starts anew."""
    seq: int
    """The next message of a log channel carries one more (the channel's sequence number, within its epoch)."""
    source: str | None = None
    """`none`: the source of this node does not have it, nothing will ever come on this channel."""
    part: tuple[int, int]
    """[number of this part from 0, number of parts]."""
    data: tuple[Balance, ...]


class Bar(Struct, frozen=True, kw_only=True):
    """One bar; `t` is its open time."""

    t: int
    """UNIX milliseconds, UTC."""
    o: Decimal
    h: Decimal
    l: Decimal
    c: Decimal
    v: Decimal
    closed: bool


class BarList(Struct, frozen=True, kw_only=True):
    """Bars, oldest first."""

    items: tuple[Bar, ...]
    next: str | None
    """Cursor of the rest of the range: the bars before these, or after these when only `start` was given."""
    holes: tuple[tuple[int, int], ...]
    """Spans within the page for which the source has no bars: first missing open time, next present one."""


class BarUpdate(Struct, frozen=True, kw_only=True, tag_field="type", tag="bar"):
    """Channel `bars:<instrument_id>:<interval>`: a closed bar is `seq` + 1, an open one repeats the last `seq`."""

    ch: str
    """For example bars:BTC-USDT.SIM:1m."""
    seq: int
    """The channel's sequence number, within its epoch."""
    ts: int
    """Market time when it was sent (UNIX milliseconds, UTC)."""
    data: Bar


class HubBar(Struct, frozen=True, kw_only=True):
    """One bar."""

    time: str
    """When it opened, RFC 3339."""
    open: float
    high: float
    low: float
    close: float
    volume: float


class BarsAnswer(Struct, frozen=True, kw_only=True):
    """Closed bars, oldest first."""

    bars: tuple[HubBar, ...]


class BarsSnapshot(Struct, frozen=True, kw_only=True, tag_field="type", tag="snapshot"):
    """The last closed bars of a `bars` channel and the open one."""

    ch: str
    """For example bars:BTC-USDT.SIM:1m."""
    epoch: str
    """Changes when the numbering of a channel starts anew."""
    seq: int
    """The next message of a log channel carries one more (the channel's sequence number, within its epoch)."""
    source: str | None = None
    """`none`: the source of this node does not have it, nothing will ever come on this channel."""
    part: tuple[int, int]
    """[number of this part from 0, number of parts]."""
    data: tuple[Bar, ...]


class PlaceError(Struct, frozen=True, kw_only=True):
    """Why an order could not be read."""

    code: str
    message: str


class FlatPrediction(Struct, frozen=True, kw_only=True):
    """One order; of one that could not be read `error` alone."""

    prediction_id: str | None = None
    """What its outcome is told of, at `/api/v1/screened-orders/{prediction_id}/outcome`."""
    timestamp: str | None = None
    """Market time, RFC 3339."""
    symbol: str | None = None
    strategy: str | None = None
    premium: float | None = None
    predicted_price: float | None = None
    win_probability: float | None = None
    """0 of an abstention, which no threshold above 0 lets through."""
    prediction: str | None = None
    threshold: float | None = None
    """Of its symbol and strategy."""
    confidence: float | None = None
    """2 |p - 0.5|; 0 of an abstention."""
    recommendation: str | None = None
    risk_score: float | None = None
    """1 - p."""
    data_source: str | None = None
    """`mock` for a simulated market; `none` when there were no prices."""
    model_type: str | None = None
    n_features: int | None = None
    processing_time_ms: float | None = None
    abstained: bool | None = None
    reasons: tuple[str, ...] | None = None
    error: PlaceError | None = None


class ScreeningCounts(Struct, frozen=True, kw_only=True):
    """Hits and misses of the caches since the start."""

    feature_hits: int
    feature_misses: int
    prediction_hits: int
    prediction_misses: int


class BatchAnswer(Struct, frozen=True, kw_only=True):
    """Answers in the places of their orders, and how the caches have done since the start."""

    predictions: tuple[FlatPrediction, ...]
    batch_metrics: ScreeningCounts


class BatchResults(Struct, frozen=True, kw_only=True):
    """The outcome of each, in the order in which they were sent."""

    items: tuple[BatchResult, ...]


class BookAnswer(Struct, frozen=True, kw_only=True):
    """The best levels of one order book."""

    bids: tuple[tuple[Decimal, Decimal], ...]
    asks: tuple[tuple[Decimal, Decimal], ...]
    sequence: int
    """Of the newest step in it, on the channel of the newest that changed these levels; as on `book_delta`."""
    ts: int
    """Of the newest step in it, market time (UNIX milliseconds, UTC)."""
    instrument_id: str


class BookDelta(Struct, frozen=True, kw_only=True):
    """One step of an order book: the levels that changed; in a snapshot all levels, best first."""

    bids: tuple[tuple[Decimal, Decimal], ...]
    """Quantity 0: the level is gone."""
    asks: tuple[tuple[Decimal, Decimal], ...]
    sequence: int
    """One more than that of the step before."""
    crc32: int
    """Of the book after this step: CRC-32 of the ASCII text `p:q,p:q,…|p:q,…`, the best 20 bids, then the asks."""
    ts: int
    """UNIX milliseconds, UTC."""
    ts_ns: str
    """UNIX nanoseconds, UTC, as text."""


class BookDeltaSnapshot(Struct, frozen=True, kw_only=True, tag_field="type", tag="snapshot"):
    """The whole book, one item; the next step has its `sequence` plus one."""

    ch: str
    """For example bars:BTC-USDT.SIM:1m."""
    epoch: str
    """Changes when the numbering of a channel starts anew."""
    seq: int
    """The next message of a log channel carries one more (the channel's sequence number, within its epoch)."""
    source: str | None = None
    """`none`: the source of this node does not have it, nothing will ever come on this channel."""
    part: tuple[int, int]
    """[number of this part from 0, number of parts]."""
    data: tuple[BookDelta, ...]


class BookDeltaUpdate(Struct, frozen=True, kw_only=True, tag_field="type", tag="book_delta"):
    """Channel `book_delta:<instrument_id>`: one more step of the book."""

    ch: str
    """For example bars:BTC-USDT.SIM:1m."""
    seq: int
    """The channel's sequence number, within its epoch."""
    ts: int
    """Market time when it was sent (UNIX milliseconds, UTC)."""
    data: BookDelta


class Book(Struct, frozen=True, kw_only=True):
    """The best levels of an order book, best first."""

    bids: tuple[tuple[Decimal, Decimal], ...]
    asks: tuple[tuple[Decimal, Decimal], ...]
    sequence: int
    """Of the newest step in it, on the channel of the newest that changed these levels; as on `book_delta`."""
    ts: int
    """Of the newest step in it, market time (UNIX milliseconds, UTC)."""


class BookSnapshot(Struct, frozen=True, kw_only=True, tag_field="type", tag="snapshot"):
    """The best levels, one item."""

    ch: str
    """For example bars:BTC-USDT.SIM:1m."""
    epoch: str
    """Changes when the numbering of a channel starts anew."""
    seq: int
    """The next message of a log channel carries one more (the channel's sequence number, within its epoch)."""
    source: str | None = None
    """`none`: the source of this node does not have it, nothing will ever come on this channel."""
    part: tuple[int, int]
    """[number of this part from 0, number of parts]."""
    data: tuple[Book, ...]


class BookUpdate(Struct, frozen=True, kw_only=True, tag_field="type", tag="book"):
    """Channel `book:<instrument_id>[:depth]`: the best levels as they are now."""

    ch: str
    """For example bars:BTC-USDT.SIM:1m."""
    seq: int
    """The channel's sequence number, within its epoch."""
    ts: int
    """Market time when it was sent (UNIX milliseconds, UTC)."""
    data: Book


class SignalStream(Struct, frozen=True, kw_only=True):
    """One configured stream of signals."""

    instruments: tuple[str, ...]
    interval: str
    predictors: tuple[str, ...]
    trade_confidence: float
    """Strategies act above it only."""


class AuthAbilities(Struct, frozen=True, kw_only=True):
    """How one signs in here."""

    mode: str
    """`off`: there are no users; `local`: they are kept here; `supabase`: by a Supabase project."""
    sign_up: bool
    """Whether strangers may make themselves users."""
    issuer: str | None
    """Of the tokens; null when there are no users."""
    second_factor: bool
    """Whether a second factor can be set up here."""
    password_min_length: int | None
    """Characters of the shortest password; null where users are not kept here."""


class NodeLimits(Struct, frozen=True, kw_only=True):
    """Figures a client should know before it meets them."""

    rate_limit_per_min: int
    """REST requests a minute per address without a token."""
    user_rate_limit_per_min: int
    """REST requests a minute of a signed-in user."""
    user_orders_per_s: int
    """Orders a second that a user may send or change, over REST and WebSocket together."""
    user_orders_burst: int
    max_body_bytes: int
    max_items: int
    """Most items of a list."""
    max_bars: int
    """Most bars of one answer."""
    window_bars: int
    """Closed bars kept in memory per instrument and interval."""
    max_connections: int
    """WebSocket connections on this node."""
    max_channels: int
    """Channels of one connection."""
    max_message_bytes: int
    operations_per_s: int
    heartbeat_interval_s: float


class FeaturesSection(Struct, frozen=True, kw_only=True):
    """Switches of whole abilities."""

    real_time_data: bool
    """Off: no live ticks on the WebSocket, history and signals only."""
    order_execution: bool
    """Off: no orders are taken, from nobody."""


class Capabilities(Struct, frozen=True, kw_only=True):
    """What this node can do."""

    version: str
    node: str
    protocol: str
    market: str
    """`sim` or `replay`."""
    venues: tuple[str, ...]
    intervals: tuple[str, ...]
    channels: tuple[str, ...]
    operations: tuple[str, ...]
    predictors: tuple[str, ...]
    """Every predictor that a stream of signals could be configured with."""
    signals: tuple[SignalStream, ...]
    error_codes: tuple[str, ...]
    auth: AuthAbilities
    limits: NodeLimits
    features: FeaturesSection


class Confidence(Struct, frozen=True, kw_only=True):
    """One prediction, without the order it was made for."""

    symbol: str
    strategy: str
    win_probability: float
    confidence: float
    """2 |p - 0.5|."""
    threshold: float
    prediction: str
    recommendation: str
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
    history: tuple[Confidence, ...]


class ConfidenceTrend(Struct, frozen=True, kw_only=True):
    """How one symbol and strategy did within a window."""

    symbol: str
    strategy: str
    count: int
    mean_win_probability: float
    mean_confidence: float
    change: float | None
    """Mean confidence of the window's second half less that of its first; null when one of them has none."""
    trend: str


class ConfidenceTrends(Struct, frozen=True, kw_only=True):
    """Every pair that had predictions within the window."""

    window: int
    """Minutes of market time."""
    complete: bool
    trends: tuple[ConfidenceTrend, ...]


class User(Struct, frozen=True, kw_only=True):
    """One user."""

    user_id: str
    email: str
    roles: tuple[str, ...]
    """`trader` and `admin` may also do what a viewer may."""
    is_disabled: bool
    must_change: bool
    """Whether the password must be changed at the next sign-in."""
    has_second_factor: bool
    profile: dict[str, Any]
    """The user's own words; no right comes from them."""
    created_ms: int
    """UNIX milliseconds, UTC."""
    updated_ms: int
    """UNIX milliseconds, UTC."""
    signed_in_ms: int | None
    """Of the newest sign-in; null before the first."""


class CurrentSession(Struct, frozen=True, kw_only=True):
    """Who is signed in here."""

    user: User | None
    """Null on a node without users."""
    session_id: str | None
    expires_ms: int | None
    """The access token must be renewed before; null: never."""
    until_ms: int | None
    """The session ends then, however much it is used."""
    pending: str | None
    """What must be done before anything else."""
    roles: tuple[str, ...]
    """In force, those that others imply included."""
    scopes: tuple[str, ...] | None
    """Null: everything that the roles allow."""


class Deadman(Struct, frozen=True, kw_only=True):
    """The dead man's switch as it stands."""

    timeout_s: float | None
    """Wall seconds until it cancels; null when it is off."""


class Compared(Struct, frozen=True, kw_only=True):
    """Analyses of one time."""

    count: int
    start: int
    """UNIX milliseconds, UTC."""
    end: int
    """UNIX milliseconds, UTC."""


class DriftItem(Struct, frozen=True, kw_only=True):
    """How far one number has moved."""

    name: str
    psi: float
    """Population stability index."""
    verdict: str
    """Below 0.1, below 0.25, above."""


class ModelDrift(Struct, frozen=True, kw_only=True):
    """The last features against those that a promoted model has learnt from."""

    kind: str
    model: str
    features: tuple[DriftItem, ...]
    """The worst first."""


class Drift(Struct, frozen=True, kw_only=True):
    """The last analyses of a stream against the first ones that are kept."""

    feature_schema: str | None
    """Null while there are too few to compare: the rest is empty then."""
    reference: Compared | None
    recent: Compared | None
    score: DriftItem | None
    """Of the signals."""
    features: tuple[DriftItem, ...]
    """The worst first."""
    models: tuple[ModelDrift, ...]
    """The last analyses against what each promoted model has learnt from."""


class Equity(Struct, frozen=True, kw_only=True):
    """What the account was worth at one market minute, in its main currency."""

    ts: int
    """UNIX milliseconds, UTC."""
    equity: Decimal
    cash: Decimal
    unrealized_pnl: Decimal
    fees: Decimal
    """Paid so far."""


class EquityList(Struct, frozen=True, kw_only=True):
    """Points of the equity curve, newest first."""

    items: tuple[Equity, ...]
    next: str | None
    """Cursor of older ones; null at the end."""


class ErrorMessage(Struct, frozen=True, kw_only=True, tag_field="type", tag="error"):
    """An operation was refused, as a whole; or what came could not be read (then `id` may be null)."""

    id: int | None
    code: str
    message: str
    retry: bool
    """Whether the same operation may succeed later without a change."""
    retry_after_ms: int | None
    errors: tuple[ErrorItem, ...] | None = None
    """Where the fault is, and of a denied order which limit was met; left out when the whole is at fault."""


class FeatureSchema(Struct, frozen=True, kw_only=True):
    """One version of the features."""

    feature_schema: str
    """Name and version, as signals carry it, for example `bars-v2`."""
    names: tuple[str, ...]
    """What each place of the vector means, in order."""
    warmup: int
    """Bars before the first vector: signals of earlier bars carry an empty one."""


class FeatureSchemas(Struct, frozen=True, kw_only=True):
    """Every schema that signals of this node may carry."""

    items: tuple[FeatureSchema, ...]
    next: None


class FeedbackKept(Struct, frozen=True, kw_only=True):
    """It is on the disk."""

    message: str
    signal_id: str
    timestamp: str


class Fill(Struct, frozen=True, kw_only=True):
    """One execution of an order."""

    fill_id: str
    """The venue's; distinct within an instrument, never repeated."""
    client_order_id: str
    order_id: str
    instrument_id: str
    strategy: str
    """`desk` for manual orders, else the name of a strategy instance."""
    side: str
    quantity: Decimal
    price: Decimal
    fee: Decimal
    """Positive: paid; negative: a rebate."""
    fee_currency: str
    liquidity: str
    realized_pnl: Decimal
    """Of the account's position, before fees, settlement currency."""
    ts: int
    """UNIX milliseconds, UTC."""
    ts_ns: str
    """UNIX nanoseconds, UTC, as text."""
    trace_id: str


class FillList(Struct, frozen=True, kw_only=True):
    """Fills, newest first."""

    items: tuple[Fill, ...]
    next: str | None
    """Cursor of older ones; null at the end."""


class FillUpdate(Struct, frozen=True, kw_only=True, tag_field="type", tag="fill"):
    """Channel `fills`: an order of yours was executed, in part or whole."""

    ch: str
    """For example bars:BTC-USDT.SIM:1m."""
    seq: int
    """The channel's sequence number, within its epoch."""
    ts: int
    """Market time when it was sent (UNIX milliseconds, UTC)."""
    data: Fill


class FillsSnapshot(Struct, frozen=True, kw_only=True, tag_field="type", tag="snapshot"):
    """Nothing: fills of the past are in `GET /api/v1/fills`."""

    ch: str
    """For example bars:BTC-USDT.SIM:1m."""
    epoch: str
    """Changes when the numbering of a channel starts anew."""
    seq: int
    """The next message of a log channel carries one more (the channel's sequence number, within its epoch)."""
    source: str | None = None
    """`none`: the source of this node does not have it, nothing will ever come on this channel."""
    part: tuple[int, int]
    """[number of this part from 0, number of parts]."""
    data: tuple[Fill, ...]


class GotrueChallenge(Struct, frozen=True, kw_only=True, tag_field="type", tag="totp"):
    """A code is expected."""

    id: str
    expires_at: int
    """UNIX seconds."""


class GotrueFactorGone(Struct, frozen=True, kw_only=True):
    """A second factor was removed."""

    id: str


class TotpSecret(Struct, frozen=True, kw_only=True):
    """What an authenticator needs to know."""

    qr_code: str
    """Make it of `uri`."""
    secret: str
    uri: str


class GotrueFactorMade(Struct, frozen=True, kw_only=True, tag_field="type", tag="totp"):
    """A second factor that waits for its first code; shown once."""

    id: str
    friendly_name: str
    totp: TotpSecret


class GotrueHealth(Struct, frozen=True, kw_only=True):
    """That it is there."""

    name: str
    version: str
    """Of this node."""
    description: str


class Externals(Struct, frozen=True, kw_only=True):
    """Ways of signing in."""

    email: Any
    phone: Any
    anonymous_users: Any


class GotrueSettings(Struct, frozen=True, kw_only=True):
    """How one signs in here."""

    external: Externals
    disable_signup: bool
    mailer_autoconfirm: Any
    phone_autoconfirm: Any
    sms_provider: str
    saml_enabled: Any


class AppMetadata(Struct, frozen=True, kw_only=True):
    """What the node says of a user, and only an admin can change."""

    provider: str
    providers: tuple[str, ...]
    roles: tuple[str, ...]


class GotrueFactor(Struct, frozen=True, kw_only=True):
    """A second factor of a user."""

    id: str
    friendly_name: str
    factor_type: str
    status: str
    created_at: str
    updated_at: str


class GotrueUser(Struct, frozen=True, kw_only=True):
    """A user, as the clients of Supabase read it."""

    id: str
    aud: str
    role: str
    email: str
    email_confirmed_at: str
    confirmed_at: str
    phone: str
    last_sign_in_at: str | None
    app_metadata: AppMetadata
    user_metadata: dict[str, Any]
    """The user's own words; no right comes from them."""
    identities: tuple[Any, ...]
    factors: tuple[GotrueFactor, ...]
    created_at: str
    updated_at: str
    banned_until: str | None
    """Null unless the user is disabled."""
    is_anonymous: Any


class GotrueUsers(Struct, frozen=True, kw_only=True):
    """A page of users."""

    users: tuple[GotrueUser, ...]
    aud: str


class Fault(Struct, frozen=True, kw_only=True):
    """One exception that left a callback."""

    component: str
    handler: str
    error: str
    """Type and message, for `/health`; the traceback is in the log."""


class CacheHealth(Struct, frozen=True, kw_only=True):
    """How the cache does; also its part of `/health`."""

    store: str
    """`redis`: other nodes share it, beside this process's own."""
    trouble: str | None
    """Why the Redis cannot be used at the moment, in words: this process's own serves alone."""
    entries: int
    """Kept in this process."""
    bytes: int
    """Kept in this process."""


class Components(Struct, frozen=True, kw_only=True):
    """Parts of the predictor, in its clients' words."""

    model: str
    features: str
    """`27 features`, or `not_loaded`."""
    ib_connection: str
    """Whether market data comes, wherever from."""
    market_data: str
    """State of the feed."""
    source: str
    """Where prices come from; `mock` for a simulated market."""


class Health(Struct, frozen=True, kw_only=True):
    """A process that answers is alive, whatever else it says."""

    status: str
    state: str
    version: str
    uptime_s: float
    degraded: tuple[str, ...]
    """What does not work as it should, in words."""
    faults: tuple[Fault, ...]
    """Exceptions that retired a component of the present node."""
    cache: CacheHealth
    broken_plugins: dict[str, str]
    """Plug-ins of third parties that could not be loaded: name and why."""
    timestamp: str | None = None
    """With `dialects.magic8`, as what follows: market time, RFC 3339."""
    model_loaded: bool | None = None
    components: Components | None = None


class Heartbeat(Struct, frozen=True, kw_only=True, tag_field="type", tag="hb"):
    """Nothing else was sent for a while; a head above the last `seq` received means that something was lost."""

    ts: int
    """UNIX milliseconds, UTC."""
    wall_ms: int
    """The server's wall clock, UNIX milliseconds."""
    heads: dict[str, int]


class Limits(Struct, frozen=True, kw_only=True):
    """What one connection may do."""

    max_channels: int
    max_message_bytes: int
    operations_per_s: int
    operations_burst: int
    heartbeat_interval_s: float
    """A WebSocket ping so often; no pong for half as long again ends the connection."""
    idle_heartbeat_s: float
    """An `hb` after so long without another message."""


class Hello(Struct, frozen=True, kw_only=True, tag_field="type", tag="hello"):
    """The first message on every connection."""

    protocol: str
    server: str
    """Product and version, for example `whisperer/0.1.0`."""
    node_id: str
    market_time: int
    """UNIX milliseconds, UTC."""
    wall_ms: int
    """The server's wall clock, UNIX milliseconds."""
    speed: float
    """Market seconds per wall second; 0 is as fast as it goes."""
    paused: bool
    """Whether market time stands still at this moment because somebody wants it to; `status` tells of changes."""
    auth: str
    """`local`: there are no users; `required`: send `auth` within 5 s; `signed_in`: the handshake did it."""
    intervals: tuple[str, ...]
    limits: Limits


class HubHealth(Struct, frozen=True, kw_only=True):
    """How the data source does."""

    status: str
    ib_connected: bool
    """Whether market data comes, wherever from."""
    latency_ms: float | None
    """Wall milliseconds since the newest tick; None before the first."""
    last_update: str | None
    """Market time, RFC 3339."""
    errors: tuple[str, ...]


class Parameter(Struct, frozen=True, kw_only=True):
    """One parameter of an indicator. Also its REST body."""

    name: str
    type: str
    default: float | int | str
    minimum: float | None
    """Least value; null of a choice."""
    maximum: float | None
    """Greatest value; null of a choice."""
    choices: tuple[str, ...]
    """The words of a choice; they are read in any case."""
    is_optional: bool
    """Whether it is left out of the canonical name while it, and all after it, have their defaults."""
    about: str
    """What it means, for a person."""


class IndicatorKind(Struct, frozen=True, kw_only=True):
    """One indicator that can be asked for. Also its REST body."""

    name: str
    """Asked for as `NAME(parameters)`, for example `BB(20,2)`."""
    aliases: tuple[str, ...]
    """Other names; names are read in any case."""
    about: str
    """One sentence for a person."""
    pane: str
    """`price`: may be drawn over the bars; `own`: has a scale of its own."""
    parameters: tuple[Parameter, ...]
    """In the order of the name; those left out have their defaults."""
    outputs: tuple[str, ...]
    """The keys of `values`."""
    lines: tuple[str, ...]
    """The outputs worth a line in the pane."""
    is_cumulative: bool
    """Whether it sums up from the first bar of the window: there are no values before, and others after a restart."""
    source: str


class IndicatorCatalogue(Struct, frozen=True, kw_only=True):
    """Every indicator that can be asked for, by name."""

    items: tuple[IndicatorKind, ...]


class Indicator(Struct, frozen=True, kw_only=True):
    """The values of an indicator at one bar."""

    t: int
    """Open time of the bar (UNIX milliseconds, UTC)."""
    values: dict[str, float | None]
    """Output -> value; null where there is none (yet)."""
    closed: bool
    """Whether the bar has closed; the values of one that grows are what they would be if it closed so."""


class IndicatorList(Struct, frozen=True, kw_only=True):
    """Values of one indicator, oldest first."""

    instrument_id: str
    interval: str
    name: str
    """Canonical: the same for every way to write it, also the end of its channel's name."""
    items: tuple[Indicator, ...]
    """One per bar of the same page of `/api/v1/bars`."""
    next: str | None
    """Cursor of the rest of the range: before these, or after these when only `start` was given."""
    holes: tuple[tuple[int, int], ...]
    """Spans within the page for which there are no bars: first missing open time, next present one."""


class IndicatorUpdate(Struct, frozen=True, kw_only=True, tag_field="type", tag="indicator"):
    """Channel `indicators:<instrument_id>:<interval>:<NAME(params)>`: numbered as bars are."""

    ch: str
    """For example bars:BTC-USDT.SIM:1m."""
    seq: int
    """The channel's sequence number, within its epoch."""
    ts: int
    """Market time when it was sent (UNIX milliseconds, UTC)."""
    data: Indicator


class IndicatorsSnapshot(Struct, frozen=True, kw_only=True, tag_field="type", tag="snapshot"):
    """The values at the last closed bars, and at the open one when it was looked at."""

    ch: str
    """For example bars:BTC-USDT.SIM:1m."""
    epoch: str
    """Changes when the numbering of a channel starts anew."""
    seq: int
    """The next message of a log channel carries one more (the channel's sequence number, within its epoch)."""
    source: str | None = None
    """`none`: the source of this node does not have it, nothing will ever come on this channel."""
    part: tuple[int, int]
    """[number of this part from 0, number of parts]."""
    data: tuple[Indicator, ...]


class InstrumentItem(Struct, frozen=True, kw_only=True):
    """One instrument, and what this node has of it."""

    instrument_id: str
    symbol: str
    venue: str
    kind: str
    base_currency: str
    quote_currency: str
    settlement_currency: str
    price_precision: int
    """Decimal places of prices, 0..16."""
    size_precision: int
    """Decimal places of quantities, 0..16."""
    price_increment: Decimal
    size_increment: Decimal
    multiplier: Decimal
    lot_size: Decimal | None
    min_quantity: Decimal | None
    """Base units."""
    max_quantity: Decimal | None
    min_notional: Decimal | None
    """Quote currency."""
    max_notional: Decimal | None
    min_price: Decimal | None
    max_price: Decimal | None
    maker_fee: Decimal
    """Share of the notional, for example `0.0008`; negative is a rebate."""
    taker_fee: Decimal
    margin_init: Decimal
    """Share of the notional that opening a position binds."""
    margin_maint: Decimal
    ts_event: int
    """When the venue defined it (UNIX milliseconds, UTC)."""
    intervals: tuple[str, ...]
    """Bar intervals, shortest first."""
    has_trades: bool
    """False when the source has bars only."""
    ticks: tuple[str, ...]
    """What the source has beside bars: trades, quotes, order books."""


class InstrumentList(Struct, frozen=True, kw_only=True):
    """Instruments by id."""

    items: tuple[InstrumentItem, ...]
    next: str | None
    """Cursor of what follows; null at the end."""


class Job(Struct, frozen=True, kw_only=True):
    """One job as it is now."""

    job_id: str
    kind: str
    state: str
    """`running`, then `finished`, `failed` or `cancelled`."""
    user_id: str
    """Who has asked; `node`: the schedule."""
    instrument_id: str
    interval: str
    model: str
    days: int | None
    """Market days learnt from; null: as many as configured."""
    seed: int
    promote: bool
    """Whether the model is promoted if the gate lets it through."""
    candles: int
    """How many candles were given to learn from; 0: it learns from the node's own history."""
    stage: str
    """What it does, or was doing when it ended."""
    done: int
    of: int
    """The stage is complete when as many are `done`."""
    message: str
    model_id: str | None
    """Of the model that it has made."""
    is_promoted: bool
    code: str | None
    """Why it failed; null unless it has."""
    error: str | None
    """The same in words."""
    ts: int
    """When it began, wall time (UNIX milliseconds, UTC)."""
    ts_end: int | None


class JobList(Struct, frozen=True, kw_only=True):
    """Jobs, newest first."""

    items: tuple[Job, ...]
    next: str | None
    """Cursor of older ones; null at the end."""


class JobUpdate(Struct, frozen=True, kw_only=True, tag_field="type", tag="job"):
    """Channel `jobs`: a job of yours has got on, or has ended."""

    ch: str
    """For example bars:BTC-USDT.SIM:1m."""
    seq: int
    """The channel's sequence number, within its epoch."""
    ts: int
    """Market time when it was sent (UNIX milliseconds, UTC)."""
    data: Job


class JobsSnapshot(Struct, frozen=True, kw_only=True, tag_field="type", tag="snapshot"):
    """The running jobs; earlier ones are in `GET /api/v1/jobs`."""

    ch: str
    """For example bars:BTC-USDT.SIM:1m."""
    epoch: str
    """Changes when the numbering of a channel starts anew."""
    seq: int
    """The next message of a log channel carries one more (the channel's sequence number, within its epoch)."""
    source: str | None = None
    """`none`: the source of this node does not have it, nothing will ever come on this channel."""
    part: tuple[int, int]
    """[number of this part from 0, number of parts]."""
    data: tuple[Job, ...]


class PublicKey(Struct, frozen=True, kw_only=True):
    """One key that tokens are verified with."""

    kty: str
    kid: str
    alg: str = ""
    use: str = ""
    key_ops: tuple[str, ...] | None = None
    crv: str = ""
    x: str = ""
    y: str = ""
    n: str = ""
    e: str = ""
    ext: bool = False


class KeySet(Struct, frozen=True, kw_only=True):
    """The keys that tokens are verified with (JSON Web Key Set)."""

    keys: tuple[PublicKey, ...]


class KillSwitch(Struct, frozen=True, kw_only=True):
    """The trading states."""

    trading_state: str
    """Of your trader: the stricter one of its own and the node's; without a trader the node's."""
    node_trading_state: str


class TradingLimits(Struct, frozen=True, kw_only=True):
    """What a trader may do; null: no limit. Money in the account's main currency."""

    max_order_notional: Decimal | None
    """Price times quantity of one order."""
    max_position_notional: Decimal | None
    """Of one instrument, working orders included."""
    max_open_orders: int | None
    max_orders_per_s: int | None
    """Submissions and changes; bursts of twice as many."""
    price_collar: Decimal | None
    """Furthest a price may be from the market on the side that would fill at once, as a share of it."""
    max_daily_loss: Decimal | None
    """From 00:00 UTC of market time, realized and unrealized, fees included."""
    max_leverage: Decimal | None
    """Notional of all positions over equity, on margin accounts."""


class LimitsAnswer(Struct, frozen=True, kw_only=True):
    """What your trader may do."""

    limits: TradingLimits
    """In force."""
    ceilings: TradingLimits
    """What they may be set to at the most."""


class MarketAnswer(Struct, frozen=True, kw_only=True):
    """One underlying now."""

    symbol: str
    price: float
    bid: float | None
    """None: the source has no quotes."""
    ask: float | None
    volume: float
    """Of the newest minute."""
    volatility: float
    """Standard deviation of the returns of the last minutes, a share."""
    source: str
    """`mock` for a simulated market."""
    timestamp: str
    """Market time, RFC 3339."""


class MarketCondition(Struct, frozen=True, kw_only=True):
    """What kind of market the candles show: plain formulas, no model."""

    condition_type: str
    """`Unknown` while there are too few candles."""
    confidence: float
    """0..1: how clearly."""
    direction: float
    """-1 (down) .. 1 (up)."""
    trend_strength: float
    """0..1."""
    characteristics: tuple[str, ...]
    recommended_strategies: tuple[str, ...]
    market_phase: str


class ModelAnswer(Struct, frozen=True, kw_only=True):
    """What the sources say of the newest candle."""

    signal: str
    confidence: float
    """0..100."""
    probability: float
    """0..1, of a rise."""
    timestamp: str
    model_type: str
    """Who has voted, by model or name; `none` when nobody has."""
    symbol: str
    timeframe: str
    indicators: dict[str, float] | None = None
    """Features of the newest candle by name, where the node is set to tell them."""


class Promotion(Struct, frozen=True, kw_only=True):
    """One change of the promoted model."""

    model_id: str
    action: str
    ts: int
    """UNIX milliseconds, UTC."""


class Model(Struct, frozen=True, kw_only=True):
    """One trained model."""

    model_id: str
    kind: str
    """`gbt`, `lstm`, or that of a plug-in."""
    instrument_id: str
    interval: str
    state: str
    """`promoted`: predictors use it; `earlier`: they did; `candidate`: never promoted."""
    is_promotable: bool
    reason: str
    """Why it may, or may not, be promoted."""
    training: dict[str, bool | float | int | str | None] | None
    """How well it knows what it was fitted to: no evidence of anything. Null when nobody has measured it."""
    validation: dict[str, bool | float | int | str | None] | None
    """On what its probabilities were calibrated with."""
    out_of_sample: dict[str, bool | float | int | str | None] | None
    """On what came later and nothing of it has seen: only this says how good it is."""
    baselines: dict[str, dict[str, bool | float | int | str | None]]
    """The same figures, out of sample, of what needs no model."""
    edge: dict[str, bool | float | int | str | None]
    leak_tests: dict[str, bool | float | int | str | None]
    against: dict[str, bool | float | int | str | None]
    """The model that was promoted when it was made (`id`) beside it on the same `rows`: log-losses `current` and
    `candidate`; `how`: `as it stands`, or `its recipe` fitted anew. Empty: there was none.
    """
    label: dict[str, bool | float | int | str | None]
    """What it is asked: barriers and horizon."""
    params: dict[str, bool | float | int | str | None]
    calibration: str
    feature_schema: str
    feature_count: int
    reference: str | None
    """Second instrument of its features."""
    session: str | None
    """Trading hours in its features."""
    rows: int
    """Examples learnt from."""
    data_sha256: str
    """Of the bars."""
    trained_from: int
    """Open time of the first bar learnt from, market time (UNIX milliseconds, UTC)."""
    trained_to: int
    """Close time of the last one (UNIX milliseconds, UTC)."""
    ts: int
    """When it was made, wall time (UNIX milliseconds, UTC)."""
    report: str | None
    """Path of its report as a page; null when it was kept without one."""
    history: tuple[Promotion, ...]
    """Changes of the promoted model of its instrument, interval and kind, newest first."""


class ModelInfo(Struct, frozen=True, kw_only=True):
    """One model; null is what nobody has measured. Only what is out of sample says how good it is."""

    model_type: str | None
    model_loaded: bool
    """Whether predictors use it."""
    model_id: str | None
    symbol: str | None
    timeframe: str | None
    training_samples: int | None
    validation_samples: int | None
    out_of_sample_samples: int | None
    feature_count: int | None
    training_accuracy: float | None
    """On what it was fitted to: no evidence of anything."""
    validation_accuracy: float | None
    """On what its probabilities were calibrated with."""
    out_of_sample_accuracy: float | None
    """On what came later and nothing of it has seen."""
    training: dict[str, bool | float | int | str | None] | None
    validation: dict[str, bool | float | int | str | None] | None
    out_of_sample: dict[str, bool | float | int | str | None] | None
    trained_timestamp: str | None


class ModelList(Struct, frozen=True, kw_only=True):
    """Models, newest first."""

    items: tuple[Model, ...]
    next: str | None
    """Cursor of older ones; null at the end."""


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

    min_candles_required: int
    max_candles_per_request: int


class ModelSetup(Struct, frozen=True, kw_only=True):
    """How this node predicts."""

    supported_timeframes: tuple[str, ...]
    model_config: ModelConfig
    trading_config: TradingConfig
    data_config: DataConfig


class ModelTold(Struct, frozen=True, kw_only=True):
    """What became of a model."""

    message: str
    model_path: str
    """Its id."""
    model_type: str


class ModelsCleaned(Struct, frozen=True, kw_only=True):
    """What a cleanup has deleted."""

    message: str
    deleted_models: int
    kept_models: int
    deleted: tuple[str, ...]
    """Ids."""


class Nothing(Struct, frozen=True, kw_only=True):
    """Nothing to tell."""


class Notice(Struct, frozen=True, kw_only=True, tag_field="type", tag="notice"):
    """Something is about to happen to the connection; it closes with 1012 after a `shutdown`."""

    code: str
    in_ms: int
    message: str


class OrderAccuracy(Struct, frozen=True, kw_only=True):
    """How good the predictions of one strategy and symbol were; null where there is nothing to say it of."""

    strategy: str
    symbol: str | None
    """Null: all symbols of the strategy together."""
    count: int
    """Orders that were predicted and whose outcome is known."""
    effective_count: int
    """Their market days: orders of one day share its fate, and the interval counts no more."""
    accuracy: float | None
    """Share whose winning or losing was predicted, by the threshold of each."""
    low: float | None
    """With 95 % confidence (Wilson)."""
    high: float | None
    baseline: float | None
    """Accuracy of always saying what came more often."""
    verdict: str
    """`better` or `worse` than that when the whole interval is, else `unclear`."""
    brier: float | None
    brier_baseline: float | None
    """Of always telling how often it won."""
    wins: int
    executed: int
    """Of `count`, those recommended to be sent."""
    executed_wins: int
    profits: int
    """How many of `count` tell their profit."""
    profit: float
    """Sum of these."""
    executed_profit: float
    abstained: int
    """With an outcome and without a prediction."""
    open: int
    """Without an outcome yet."""


class OrderAccuracyList(Struct, frozen=True, kw_only=True):
    """By strategy, then its symbols."""

    items: tuple[OrderAccuracy, ...]


class OrderList(Struct, frozen=True, kw_only=True):
    """Orders, newest first."""

    items: tuple[Order, ...]
    next: str | None
    """Cursor of older ones; null at the end."""


class OrderUpdate(Struct, frozen=True, kw_only=True, tag_field="type", tag="order_update"):
    """Channel `orders`: an order of yours has changed."""

    ch: str
    """For example bars:BTC-USDT.SIM:1m."""
    seq: int
    """The channel's sequence number, within its epoch."""
    ts: int
    """Market time when it was sent (UNIX milliseconds, UTC)."""
    data: Order


class OrdersSnapshot(Struct, frozen=True, kw_only=True, tag_field="type", tag="snapshot"):
    """The working orders."""

    ch: str
    """For example bars:BTC-USDT.SIM:1m."""
    epoch: str
    """Changes when the numbering of a channel starts anew."""
    seq: int
    """The next message of a log channel carries one more (the channel's sequence number, within its epoch)."""
    source: str | None = None
    """`none`: the source of this node does not have it, nothing will ever come on this channel."""
    part: tuple[int, int]
    """[number of this part from 0, number of parts]."""
    data: tuple[Order, ...]


class ToldOrder(Struct, frozen=True, kw_only=True):
    """A judged order with its outcome."""

    prediction_id: str
    order_id: str
    symbol: str
    strategy: str
    final_score: float | None
    """Win probability that was told, 0..1; null: abstained."""
    threshold: float
    recommendation: str
    model: str
    won: bool | None
    profit: float | None
    correct: bool | None
    """Whether it was predicted, by its threshold; null of an abstention."""
    ts: int
    """Of the order, market time (UNIX milliseconds, UTC)."""
    ts_resolved: int | None


class LearntOrder(Struct, frozen=True, kw_only=True):
    """One line of a file that `run_node.py train --orders` reads, and what was predicted."""

    prediction: ToldOrder
    row: dict[str, Any] | None
    """Null when strategy or market were not known: nothing can be learnt from it."""


class OutcomeList(Struct, frozen=True, kw_only=True):
    """Orders whose outcome is known, newest first."""

    items: tuple[LearntOrder, ...]
    next: str | None
    """Cursor of older ones; null at the end."""


class PasswordMade(Struct, frozen=True, kw_only=True):
    """A user has another password, to be changed at the next sign-in."""

    password: str | None
    """The one that was made, shown once; null when you gave one."""


class Pong(Struct, frozen=True, kw_only=True, tag_field="type", tag="pong"):
    """The answer to `ping`."""

    id: int | None
    t: float | int | None
    """What the client sent."""
    ts: int
    """Market time (UNIX milliseconds, UTC)."""
    wall_ms: int
    """The server's wall clock, UNIX milliseconds."""


class Position(Struct, frozen=True, kw_only=True):
    """The account's net position in one instrument."""

    instrument_id: str
    side: str
    quantity: Decimal
    """Base units, never negative; `side` tells which way."""
    avg_price: Decimal | None
    """Rounded to 12 places; null when flat."""
    cost: Decimal
    """Signed: quantity times average price, exact, settlement currency; negative is short."""
    mark_price: Decimal | None
    unrealized_pnl: Decimal | None
    realized_pnl: Decimal
    """Before fees."""
    fees: Decimal
    funding: Decimal
    """Negative: paid."""
    margin: Decimal | None
    liquidation_price: Decimal | None
    ts: int
    """UNIX milliseconds, UTC."""
    ts_ns: str
    """UNIX nanoseconds, UTC, as text."""


class PositionList(Struct, frozen=True, kw_only=True):
    """Open positions, at most one for each instrument."""

    items: tuple[Position, ...]
    next: None


class PositionUpdate(Struct, frozen=True, kw_only=True, tag_field="type", tag="position_update"):
    """Channel `positions`: a position of yours has changed; `flat` ends it."""

    ch: str
    """For example bars:BTC-USDT.SIM:1m."""
    seq: int
    """The channel's sequence number, within its epoch."""
    ts: int
    """Market time when it was sent (UNIX milliseconds, UTC)."""
    data: Position


class PositionsSnapshot(Struct, frozen=True, kw_only=True, tag_field="type", tag="snapshot"):
    """The open positions."""

    ch: str
    """For example bars:BTC-USDT.SIM:1m."""
    epoch: str
    """Changes when the numbering of a channel starts anew."""
    seq: int
    """The next message of a log channel carries one more (the channel's sequence number, within its epoch)."""
    source: str | None = None
    """`none`: the source of this node does not have it, nothing will ever come on this channel."""
    part: tuple[int, int]
    """[number of this part from 0, number of parts]."""
    data: tuple[Position, ...]


class ListedPrediction(Struct, frozen=True, kw_only=True):
    """One order of a list; of one that could not be read `error` alone."""

    order_id: str | None = None
    prediction_id: str | None = None
    """What its outcome is told of, at `/api/v1/screened-orders/{prediction_id}/outcome`."""
    symbol: str | None = None
    strategy: str | None = None
    win_probability: float | None = None
    """0 of an abstention, which no threshold above 0 lets through."""
    confidence: float | None = None
    """Max(p, 1 - p); 0 of an abstention."""
    recommendation: str | None = None
    abstained: bool | None = None
    threshold: float | None = None
    """Of its symbol and strategy."""
    reasons: tuple[str, ...] | None = None
    error: PlaceError | None = None


class PredictAnswer(Struct, frozen=True, kw_only=True):
    """Of a flat order its fields; of a list `predictions` alone, in the places of the orders."""

    prediction_id: str | None = None
    """What its outcome is told of, at `/api/v1/screened-orders/{prediction_id}/outcome`."""
    timestamp: str | None = None
    """Market time, RFC 3339."""
    symbol: str | None = None
    strategy: str | None = None
    premium: float | None = None
    predicted_price: float | None = None
    win_probability: float | None = None
    """0 of an abstention, which no threshold above 0 lets through."""
    prediction: str | None = None
    threshold: float | None = None
    """Of its symbol and strategy."""
    confidence: float | None = None
    """2 |p - 0.5|; 0 of an abstention."""
    recommendation: str | None = None
    risk_score: float | None = None
    """1 - p."""
    data_source: str | None = None
    """`mock` for a simulated market; `none` when there were no prices."""
    model_type: str | None = None
    n_features: int | None = None
    processing_time_ms: float | None = None
    abstained: bool | None = None
    reasons: tuple[str, ...] | None = None
    error: PlaceError | None = None
    predictions: tuple[ListedPrediction, ...] | None = None


class Prediction(Struct, frozen=True, kw_only=True):
    """One prediction: of a source, or of all together (`signal`), about one closed bar."""

    instrument_id: str
    interval: str
    predictor: str
    """`signal`: all sources together."""
    stance: str
    probability: float | None
    """Of the upper barrier first; null when it abstained."""
    confidence: float | None
    backfilled: bool
    """Computed from history: no evidence of a model that may have learnt from it."""
    model_version: str
    """Who spoke, by name and model, or by the program's version."""
    price: Decimal
    """Close of the bar."""
    upper: Decimal | None
    """Barrier: a prediction of a rise is right when it comes first."""
    lower: Decimal | None
    horizon: int | None
    """Bars after which the close decides."""
    outcome: str
    correct: bool | None
    """Null while open, when unresolved, and of those that say nothing."""
    net_return: float | None
    """What it would have earned, after the fees of both trades, share of the price."""
    bars: int | None
    """How many it took."""
    reason: str | None
    """Why it is unresolved."""
    ts_bar: int
    """Open time of the bar (UNIX milliseconds, UTC)."""
    ts: int
    """Close time of the bar, market time (UNIX milliseconds, UTC)."""
    ts_outcome: int | None


class PredictionList(Struct, frozen=True, kw_only=True):
    """Predictions, newest bar first."""

    items: tuple[Prediction, ...]
    next: str | None
    """Cursor of older ones; null at the end."""


class Problem(Struct, frozen=True, kw_only=True):
    """Every REST error, RFC 9457 `application/problem+json`."""

    type: str
    title: str
    status: int
    detail: str
    code: str
    request_id: str
    errors: tuple[ErrorItem, ...]


class QuoteAnswer(Struct, frozen=True, kw_only=True):
    """Last price with best bid and ask; None: the source has no quotes."""

    last: float
    bid: float | None
    ask: float | None
    bid_size: float | None
    ask_size: float | None
    time: str


class QuoteItem(Struct, frozen=True, kw_only=True):
    """The newest quote of one instrument."""

    bid: Decimal
    bid_size: Decimal
    ask: Decimal
    ask_size: Decimal
    ts: int
    """UNIX milliseconds, UTC."""
    ts_ns: str
    """UNIX nanoseconds, UTC, as text."""
    instrument_id: str


class QuoteList(Struct, frozen=True, kw_only=True):
    """Quotes, ordered by instrument id."""

    items: tuple[QuoteItem, ...]
    next: None
    """There is always one page."""


class Quote(Struct, frozen=True, kw_only=True):
    """Best bid and ask."""

    bid: Decimal
    bid_size: Decimal
    ask: Decimal
    ask_size: Decimal
    ts: int
    """UNIX milliseconds, UTC."""
    ts_ns: str
    """UNIX nanoseconds, UTC, as text."""


class QuoteUpdate(Struct, frozen=True, kw_only=True, tag_field="type", tag="quote"):
    """Channel `quotes:<instrument_id>`: the newest best bid and ask."""

    ch: str
    """For example bars:BTC-USDT.SIM:1m."""
    seq: int
    """The channel's sequence number, within its epoch."""
    ts: int
    """Market time when it was sent (UNIX milliseconds, UTC)."""
    data: Quote


class QuotesSnapshot(Struct, frozen=True, kw_only=True, tag_field="type", tag="snapshot"):
    """The newest quote, one item."""

    ch: str
    """For example bars:BTC-USDT.SIM:1m."""
    epoch: str
    """Changes when the numbering of a channel starts anew."""
    seq: int
    """The next message of a log channel carries one more (the channel's sequence number, within its epoch)."""
    source: str | None = None
    """`none`: the source of this node does not have it, nothing will ever come on this channel."""
    part: tuple[int, int]
    """[number of this part from 0, number of parts]."""
    data: tuple[Quote, ...]


class Ready(Struct, frozen=True, kw_only=True):
    """The node runs, its windows are loaded, a tick has come."""

    status: str


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


class RecoveryCodes(Struct, frozen=True, kw_only=True):
    """Codes that take the place of your authenticator, each once; shown once."""

    recovery_codes: tuple[str, ...]


class Removed(Struct, frozen=True, kw_only=True):
    """What a cleanup has deleted."""

    removed: tuple[str, ...]
    """Ids of models."""


class Replay(Struct, frozen=True, kw_only=True):
    """Where the player of the market is."""

    replay: bool
    """False for a simulated market: it can be paused and played faster, and never jumps."""
    state: str
    speed: float
    """Market seconds per wall second; 0 is as fast as it goes."""
    position: int
    """Market time: everything before has been played (UNIX milliseconds, UTC)."""
    begin: int | None
    """The earliest time to jump to; null when it cannot jump."""
    end: int | None
    """Time of the last event; null when there is none."""
    at_end: str | None
    """What the end of the recording means; null when there is none."""
    loops: int
    """How often the recording has begun again by itself."""


class RiskAnswer(Struct, frozen=True, kw_only=True):
    """What an order may lose and win at expiry."""

    symbol: str
    strategy: str
    risk: float
    """Zero or negative."""
    reward: float
    risk_reward_ratio: float
    """|reward / risk|; 0 when the risk is 0."""
    breakevens: dict[str, float]


class ScreenedOrder(Struct, frozen=True, kw_only=True):
    """One order of the source."""

    order_id: str
    """The source's, or one that stands for all that it says of the order."""
    prediction_id: str
    """What its outcome is told of."""
    symbol: str
    strategy: str
    final_score: float | None
    """Win probability, 0..1; null: abstained."""
    recommendation: str
    threshold: float
    """Of its symbol and strategy."""
    sources: tuple[str, ...]
    """Models that were asked."""
    details: tuple[str, ...]
    """Why."""
    ts: int
    """When it was judged, market time, UNIX milliseconds."""


class ScreenedOrders(Struct, frozen=True, kw_only=True):
    """Newest first."""

    orders: tuple[ScreenedOrder, ...]
    trouble: str | None
    """Why the source could not be read the last time; null when it could."""


class Session(Struct, frozen=True, kw_only=True):
    """One session of a user."""

    session_id: str
    address: str
    """Where it was used from last."""
    user_agent: str
    browser: str
    """Read from the user agent, for people; empty when it is none that is known."""
    os: str
    """Likewise."""
    created_ms: int
    """UNIX milliseconds, UTC."""
    active_ms: int
    """Of its last use, to the minute (UNIX milliseconds, UTC)."""
    until_ms: int
    """It ends then however much it is used (UNIX milliseconds, UTC)."""
    is_current: bool
    """Whether it is the one that asks."""
    is_verified: bool
    """Whether the second factor was given."""


class SessionList(Struct, frozen=True, kw_only=True):
    """The living sessions of a user, the newest first."""

    items: tuple[Session, ...]
    next: None


class PredictorSetting(Struct, frozen=True, kw_only=True):
    """One predictor, wherever it votes; null: as the file says."""

    enabled: bool | None
    weight: float | None


class ChosenSettings(Struct, frozen=True, kw_only=True):
    """What was set while running, for every signal stream; null: as the file says, which may differ by stream."""

    enabled: bool | None
    """Whether signals are computed."""
    use_signals: bool | None
    """Whether strategies act on signals."""
    long_above: float | None
    short_below: float | None
    confidence: float | None
    """A signal below is neutral."""
    trade_confidence: float | None
    """Strategies that name no confidence of their own act only above this."""
    quorum: float | None
    """Share of the total weight that must have voted."""
    analysis_interval_s: float | None
    """How often AI services are asked about a stream at most, seconds of market time; 0: about every bar."""
    signal_timeout_s: float | None
    """How long an AI service may take for an answer."""
    cache_s: float | None
    """How long an answer of an AI service counts as fresh, market seconds; `stale_s` is at least as long then."""
    detailed_answers: bool | None
    """Whether analyses for the bot core's clients tell scores, levels and risk beside the opinion."""
    answer_indicators: bool | None
    """Whether they tell the features of the newest candle."""
    predictors: dict[str, PredictorSetting]


class Voter(Struct, frozen=True, kw_only=True):
    """A predictor in a stream."""

    name: str
    enabled: bool
    weight: float


class StreamValues(Struct, frozen=True, kw_only=True):
    """How a stream makes signals."""

    enabled: bool
    use_signals: bool
    long_above: float
    short_below: float
    confidence: float
    trade_confidence: float
    quorum: float
    predictors: tuple[Voter, ...]


class Stream(Struct, frozen=True, kw_only=True):
    """One signal stream."""

    instruments: tuple[str, ...]
    interval: str
    file: StreamValues
    """As the configuration file says."""
    now: StreamValues
    """In force from the next bar on."""


class ServiceValues(Struct, frozen=True, kw_only=True):
    """How an AI service is asked."""

    analysis_interval_s: float
    signal_timeout_s: float
    cache_s: float


class Service(Struct, frozen=True, kw_only=True):
    """One AI service."""

    name: str
    file: ServiceValues
    now: ServiceValues


class AnswerForm(Struct, frozen=True, kw_only=True):
    """What analyses for the bot core's clients hold beside the opinion."""

    detailed: bool
    """Scores, levels and risk."""
    indicators: bool
    """The features of the newest candle."""


class Answers(Struct, frozen=True, kw_only=True):
    """What analyses for the bot core's clients hold."""

    file: AnswerForm
    now: AnswerForm


class Shadow(Struct, frozen=True, kw_only=True):
    """A source that has no weight until enough of its outcomes are scored."""

    name: str
    scored: int | None
    """Live outcomes of its calls of a direction, in all streams, at most `needed`; null: they cannot be counted now."""
    needed: int
    proven: bool
    """Whether there were enough once: it may have a weight from then on."""
    held: bool
    """Whether a weight above 0 is held at 0 in some stream."""


class Settings(Struct, frozen=True, kw_only=True):
    """What is set, and what comes of it."""

    version: int
    """0 until something was changed; grows with each change."""
    changed_at: int | None
    changed_by: str | None
    """Id of who made the last change."""
    changeable: bool
    """False on a node without a journal, where no change could be kept."""
    set: ChosenSettings
    """What was set while running, for every stream; null: as the file says."""
    streams: tuple[Stream, ...]
    services: tuple[Service, ...]
    answers: Answers
    shadow: tuple[Shadow, ...]
    """Sources that start in the shadow: `llm`, `http`, `file` and others whose own weight is 0, unless `trusted`."""


class SignalSource(Struct, frozen=True, kw_only=True):
    """What one source said within a signal, or why it said nothing."""

    name: str
    weight: float
    state: str
    score: float | None
    confidence: float | None
    reasons: tuple[str, ...]
    """Why it says so, or why it has no answer."""
    age_s: float
    """How much older the bar is that its answer was made for, market seconds; 0: it is about this bar."""
    stale: bool
    """Whether the answer is used only because the source has no newer one."""
    model: str
    """Id of the model that spoke; empty for a formula of the program."""


class Thresholds(Struct, frozen=True, kw_only=True):
    """What a signal was judged by: the settings of its stream at that bar."""

    long_above: float
    """Long when the probability is above."""
    short_below: float
    """Short when the probability is below."""
    confidence: float
    """Below this confidence it is neutral."""
    quorum: float
    """Share of the total weight that must have voted."""


class SignalItem(Struct, frozen=True, kw_only=True):
    """One AI signal, on request with what its predictors saw."""

    instrument_id: str
    bar_type: str
    interval: str
    signal: str
    score: float
    """-1..1."""
    probability: float
    confidence: float
    """0..1."""
    sources: tuple[SignalSource, ...]
    reasons: tuple[str, ...]
    price: Decimal
    """Close of the bar."""
    backfilled: bool
    stale: bool
    degraded: bool
    act_above: float
    """Strategies that name no confidence of their own act only above this one."""
    usable: bool
    """False: strategies are not to act on signals, by the settings at that bar."""
    thresholds: Thresholds | None
    """What it was judged by; null on signals of versions that did not keep it."""
    abstention: str | None
    """Why nobody's vote counts; null: they do, or a version that did not tell has made it."""
    ts_bar: int
    """Open time of the bar (UNIX milliseconds, UTC)."""
    ts: int
    """Close time of the bar, market time (UNIX milliseconds, UTC)."""
    trace_id: str
    features: tuple[float, ...] | None = None
    """The feature vector, in the order of the schema; with `include_features` only, empty while warming up."""
    feature_schema: str | None = None
    """Name and version of the feature schema, for example `bars-v2`; with `include_features` only."""


class SignalList(Struct, frozen=True, kw_only=True):
    """Signals, newest bar first."""

    items: tuple[SignalItem, ...]
    next: str | None
    """Cursor of older ones; null at the end."""


class Signal(Struct, frozen=True, kw_only=True):
    """One AI signal: the aggregated opinion on one closed bar."""

    instrument_id: str
    bar_type: str
    interval: str
    signal: str
    score: float
    """-1..1."""
    probability: float
    confidence: float
    """0..1."""
    sources: tuple[SignalSource, ...]
    reasons: tuple[str, ...]
    price: Decimal
    """Close of the bar."""
    backfilled: bool
    stale: bool
    degraded: bool
    act_above: float
    """Strategies that name no confidence of their own act only above this one."""
    usable: bool
    """False: strategies are not to act on signals, by the settings at that bar."""
    thresholds: Thresholds | None
    """What it was judged by; null on signals of versions that did not keep it."""
    abstention: str | None
    """Why nobody's vote counts; null: they do, or a version that did not tell has made it."""
    ts_bar: int
    """Open time of the bar (UNIX milliseconds, UTC)."""
    ts: int
    """Close time of the bar, market time (UNIX milliseconds, UTC)."""
    trace_id: str


class SignalUpdate(Struct, frozen=True, kw_only=True, tag_field="type", tag="ai_signal"):
    """Channels `signals` and `signals:<instrument_id>`: the opinion on one more closed bar."""

    ch: str
    """For example bars:BTC-USDT.SIM:1m."""
    seq: int
    """The channel's sequence number, within its epoch."""
    ts: int
    """Market time when it was sent (UNIX milliseconds, UTC)."""
    data: Signal


class SignalsSnapshot(Struct, frozen=True, kw_only=True, tag_field="type", tag="snapshot"):
    """The last signals."""

    ch: str
    """For example bars:BTC-USDT.SIM:1m."""
    epoch: str
    """Changes when the numbering of a channel starts anew."""
    seq: int
    """The next message of a log channel carries one more (the channel's sequence number, within its epoch)."""
    source: str | None = None
    """`none`: the source of this node does not have it, nothing will ever come on this channel."""
    part: tuple[int, int]
    """[number of this part from 0, number of parts]."""
    data: tuple[Signal, ...]


class Status(Struct, frozen=True, kw_only=True):
    """The state of the node and of its market."""

    state: str
    ready: bool
    node: str
    version: str
    market: str
    """`sim` or `replay`."""
    market_time: int
    """0 before the first tick (UNIX milliseconds, UTC)."""
    speed: float
    """Market seconds per wall second; 0 is as fast as it goes."""
    paused: bool
    """Whether market time stands still because somebody wants it to; the feed is no less live."""
    feed: str
    venues: dict[str, str]
    """Venue -> `connected` or why not."""
    degraded: tuple[str, ...]
    trading_state: str
    uptime_s: float
    settings: int
    """Version of the settings: grows with each change of one."""


class StatusSnapshot(Struct, frozen=True, kw_only=True, tag_field="type", tag="snapshot"):
    """The state, one item."""

    ch: str
    """For example bars:BTC-USDT.SIM:1m."""
    epoch: str
    """Changes when the numbering of a channel starts anew."""
    seq: int
    """The next message of a log channel carries one more (the channel's sequence number, within its epoch)."""
    source: str | None = None
    """`none`: the source of this node does not have it, nothing will ever come on this channel."""
    part: tuple[int, int]
    """[number of this part from 0, number of parts]."""
    data: tuple[Status, ...]


class StatusUpdate(Struct, frozen=True, kw_only=True, tag_field="type", tag="status"):
    """Channel `status`: the state of the node and of its market."""

    ch: str
    """For example bars:BTC-USDT.SIM:1m."""
    seq: int
    """The channel's sequence number, within its epoch."""
    ts: int
    """Market time when it was sent (UNIX milliseconds, UTC)."""
    data: Status


class Strategy(Struct, frozen=True, kw_only=True):
    """One strategy instance of a trader."""

    name: str
    kind: str
    """Registered name, or the path of its class."""
    state: str
    """`retired`: it failed; `retiring`: it has failed and still holds a position."""
    reason: str | None
    """Why it was retired."""
    params: dict[str, Any]


class StrategyKind(Struct, frozen=True, kw_only=True):
    """One kind of strategy that can be started."""

    kind: str
    description: str
    params: dict[str, Any]
    """JSON schema of its parameters."""


class StrategyCatalogue(Struct, frozen=True, kw_only=True):
    """Every kind of strategy that can be started."""

    items: tuple[StrategyKind, ...]
    next: None


class StrategyList(Struct, frozen=True, kw_only=True):
    """Strategy instances of one trader."""

    items: tuple[Strategy, ...]
    next: None


class Ticket(Struct, frozen=True, kw_only=True):
    """A ticket."""

    ticket: str
    """For `GET /ws?ticket=…`."""
    expires_in_s: float


class TokenAnswer(Struct, frozen=True, kw_only=True):
    """The tokens of a session."""

    access_token: str
    token_type: str
    expires_in: int
    """Seconds."""
    expires_at: int
    """UNIX seconds."""
    refresh_token: str
    user: GotrueUser


class Trade(Struct, frozen=True, kw_only=True):
    """One execution on the market."""

    id: str
    """The venue's, unique among the trades of its instrument."""
    price: Decimal
    quantity: Decimal
    side: str
    """The aggressor's."""
    ts: int
    """When it happened, market time (UNIX milliseconds, UTC)."""
    ts_ns: str
    """UNIX nanoseconds, UTC, as text."""


class TradeList(Struct, frozen=True, kw_only=True):
    """Trades, newest first."""

    items: tuple[Trade, ...]
    next: str | None
    """Cursor of older ones; null at the end of what is kept."""


class TradeSignal(Struct, frozen=True, kw_only=True):
    """A strategy of yours has sent an order because of a signal."""

    instrument_id: str
    """Of the order."""
    action: str
    price: Decimal
    """Close of the bar that the signal was made at."""
    ai_confidence: float
    """Of the signal, 0..1."""
    probability: float
    """Of a rise, by the signal, 0..1."""
    strategy: str
    """Name of your strategy."""
    order_id: str
    client_order_id: str
    bar_type: str
    """Of the signal: its instrument need not be that of the order."""
    interval: str
    ts_bar: int
    """Open time of the signal's bar (UNIX milliseconds, UTC)."""
    ts: int
    """When the order was sent, market time (UNIX milliseconds, UTC)."""
    ts_ns: str
    """UNIX nanoseconds, UTC, as text."""


class TradeSignalUpdate(Struct, frozen=True, kw_only=True, tag_field="type", tag="trade_signal"):
    """Channel `trade_signals`: a strategy of yours has acted on a signal."""

    ch: str
    """For example bars:BTC-USDT.SIM:1m."""
    seq: int
    """The channel's sequence number, within its epoch."""
    ts: int
    """Market time when it was sent (UNIX milliseconds, UTC)."""
    data: TradeSignal


class TradeSignalsSnapshot(Struct, frozen=True, kw_only=True, tag_field="type", tag="snapshot"):
    """Nothing: what was acted on before is in the audit rows of its orders."""

    ch: str
    """For example bars:BTC-USDT.SIM:1m."""
    epoch: str
    """Changes when the numbering of a channel starts anew."""
    seq: int
    """The next message of a log channel carries one more (the channel's sequence number, within its epoch)."""
    source: str | None = None
    """`none`: the source of this node does not have it, nothing will ever come on this channel."""
    part: tuple[int, int]
    """[number of this part from 0, number of parts]."""
    data: tuple[TradeSignal, ...]


class TradeUpdate(Struct, frozen=True, kw_only=True, tag_field="type", tag="trade"):
    """Channel `trades:<instrument_id>`: one more trade."""

    ch: str
    """For example bars:BTC-USDT.SIM:1m."""
    seq: int
    """The channel's sequence number, within its epoch."""
    ts: int
    """Market time when it was sent (UNIX milliseconds, UTC)."""
    data: Trade


class Account(Struct, frozen=True, kw_only=True):
    """One account at this moment, in its main currency."""

    account: str
    """Its id."""
    kind: str
    currency: str
    equity: Decimal
    cash: Decimal
    unrealized_pnl: Decimal
    realized_pnl: Decimal
    """Before fees."""
    fees: Decimal
    margin_used: Decimal
    day_pnl: Decimal
    """Since 00:00 UTC of market time."""
    open_positions: int
    working_orders: int
    ts: int
    """UNIX milliseconds, UTC."""


class OwnVerdict(Struct, frozen=True, kw_only=True):
    """What the signals said of one order of a strategy, before it was sent."""

    instrument_id: str
    side: str
    recommendation: str
    """`SKIP`: it was denied."""
    probability: float | None
    """That its side wins, 0 to 1; null: the signals had no word, `reasons` says why."""
    threshold: float | None
    """It goes above."""
    reasons: tuple[str, ...]
    bar_type: str
    """Of the signal; empty without one."""
    ts: int
    """UNIX milliseconds, UTC."""


class TraderScreening(Struct, frozen=True, kw_only=True):
    """Orders of strategies that open or increase a position, judged by the newest signal before they are sent."""

    enabled: bool
    threshold: float | None
    """Win probability above which an order goes; null: the thresholds of the signal's settings."""
    strict: bool
    """Whether an order is denied as well when the signals have no word; else it goes."""
    executed: int
    """Orders since the start that were let through."""
    skipped: int
    abstained: int
    """Without a word of the signals; in neither of the other two."""
    last: OwnVerdict | None
    """The newest verdict since the start."""


class Trader(Struct, frozen=True, kw_only=True):
    """One trader."""

    user_id: str
    state: str
    trading_state: str
    """The stricter one of the trader's and the node's."""
    account: Account
    strategies: tuple[Strategy, ...]
    limits: TradingLimits
    """In force."""
    ceilings: TradingLimits
    """What the limits may be set to at the most."""
    screening: TraderScreening
    degraded: tuple[str, ...]
    deadman_s: float | None
    """Wall seconds until the dead man's switch cancels; null when it is off."""
    on_stop: str
    """What a planned stop of the node does with open orders."""


class TraderList(Struct, frozen=True, kw_only=True):
    """All traders of the node."""

    items: tuple[Trader, ...]
    next: None


class TraderSnapshot(Struct, frozen=True, kw_only=True, tag_field="type", tag="snapshot"):
    """The trader, one item."""

    ch: str
    """For example bars:BTC-USDT.SIM:1m."""
    epoch: str
    """Changes when the numbering of a channel starts anew."""
    seq: int
    """The next message of a log channel carries one more (the channel's sequence number, within its epoch)."""
    source: str | None = None
    """`none`: the source of this node does not have it, nothing will ever come on this channel."""
    part: tuple[int, int]
    """[number of this part from 0, number of parts]."""
    data: tuple[Trader, ...]


class TraderUpdate(Struct, frozen=True, kw_only=True, tag_field="type", tag="trader"):
    """Channel `trader`: your trader and its account as they are now."""

    ch: str
    """For example bars:BTC-USDT.SIM:1m."""
    seq: int
    """The channel's sequence number, within its epoch."""
    ts: int
    """Market time when it was sent (UNIX milliseconds, UTC)."""
    data: Trader


class TradesSnapshot(Struct, frozen=True, kw_only=True, tag_field="type", tag="snapshot"):
    """The last trades."""

    ch: str
    """For example bars:BTC-USDT.SIM:1m."""
    epoch: str
    """Changes when the numbering of a channel starts anew."""
    seq: int
    """The next message of a log channel carries one more (the channel's sequence number, within its epoch)."""
    source: str | None = None
    """`none`: the source of this node does not have it, nothing will ever come on this channel."""
    part: tuple[int, int]
    """[number of this part from 0, number of parts]."""
    data: tuple[Trade, ...]


class TrainingStarted(Struct, frozen=True, kw_only=True):
    """It has begun; `/api/v1/jobs/{job_id}` tells how far it is."""

    message: str
    model_type: str
    training_samples: int
    """Candles that were sent and checked; 0: it learns from history."""
    learns_from: str
    """The candles that were sent, or the node's own bars where there were none."""
    status: str
    job_id: str


class TwoFactor(Struct, frozen=True, kw_only=True):
    """Your second factor."""

    is_on: bool
    factor_id: str | None
    recovery_left: int
    """Recovery codes that were not used yet."""


class TwoFactorChecked(Struct, frozen=True, kw_only=True):
    """The code was right: new tokens of your session."""

    recovery_codes: tuple[str, ...]
    """Of a new second factor, shown once; else empty."""
    access_token: str
    expires_ms: int
    """UNIX milliseconds, UTC."""
    refresh_token: str


class TwoFactorSecret(Struct, frozen=True, kw_only=True):
    """A second factor that waits for its first code; shown once."""

    factor_id: str
    secret: str
    """For typing into an authenticator, base32."""
    uri: str
    """`otpauth://…`, for a QR code."""


class UserList(Struct, frozen=True, kw_only=True):
    """All users of the node, by email."""

    items: tuple[User, ...]
    next: None


class UserMade(Struct, frozen=True, kw_only=True):
    """A new user."""

    user: User
    password: str | None
    """The one that was made, shown once; null when you gave one."""


class ChannelType(NamedTuple):
    """What travels on one kind of channel."""

    kind: str
    """`log`: every row comes; `latest`: the newest value does; `mixed`: a log whose next row shows while it grows."""
    update: type[Struct]
    snapshot: type[Struct]


CHANNELS: Mapping[str, ChannelType] = MappingProxyType(
    {
        "alerts": ChannelType("log", AlertUpdate, AlertsSnapshot),
        "balances": ChannelType("log", BalanceUpdate, BalancesSnapshot),
        "bars": ChannelType("mixed", BarUpdate, BarsSnapshot),
        "book": ChannelType("latest", BookUpdate, BookSnapshot),
        "book_delta": ChannelType("log", BookDeltaUpdate, BookDeltaSnapshot),
        "fills": ChannelType("log", FillUpdate, FillsSnapshot),
        "indicators": ChannelType("mixed", IndicatorUpdate, IndicatorsSnapshot),
        "jobs": ChannelType("log", JobUpdate, JobsSnapshot),
        "orders": ChannelType("log", OrderUpdate, OrdersSnapshot),
        "positions": ChannelType("log", PositionUpdate, PositionsSnapshot),
        "quotes": ChannelType("latest", QuoteUpdate, QuotesSnapshot),
        "signals": ChannelType("log", SignalUpdate, SignalsSnapshot),
        "status": ChannelType("latest", StatusUpdate, StatusSnapshot),
        "trade_signals": ChannelType("log", TradeSignalUpdate, TradeSignalsSnapshot),
        "trader": ChannelType("latest", TraderUpdate, TraderSnapshot),
        "trades": ChannelType("log", TradeUpdate, TradesSnapshot),
    }
)
"""First part of a channel's name -> what travels on it."""
