"""Sections of the configuration about orders that are judged before they are sent, and programs that ask for it."""

from typing import Annotated

from msgspec import Meta, field

from config.ai import Url, Variable
from config.fields import Config, InstrumentName, Name, Positive, Seconds, Share
from config.signals import SESSION

Place = Annotated[str, Meta(pattern=r"\A[A-Za-z0-9_-]{1,40}(\.[A-Za-z0-9_-]{1,40}){0,7}\Z")]
"""Keys of nested objects, as `data.orders`."""


class OrderSource(Config, frozen=True, kw_only=True):
    """An address that is asked for new orders again and again; `[screening.source]`."""

    url: Url
    """Answers GET with JSON; redirects are not followed."""
    key_env: Variable | None = None
    """Environment variable with the bearer token; None: none is sent."""
    interval_s: Seconds = 5.0
    """From one question to the next."""
    timeout_s: Seconds = 4.0
    max_answer_bytes: Annotated[int, Meta(ge=1_024, le=16_777_216)] = 1_048_576
    """A longer answer is dropped."""
    orders: Place | None = None
    """Where in the answer the list of orders is, for example `data.orders`; None: the answer is the list, or has the
    form with `example_trades`, or is text with one order a line."""
    symbol: Annotated[str, Meta(pattern=r"\A[A-Za-z0-9^._/-]{1,24}\Z")] = "SPX"
    """Of orders whose form names none."""
    fields: dict[Name, Place] = field(default_factory=dict)
    """Our field -> where it is in each order, for example `premium = "price.mid"`; a field that is not here has its
    own name."""


class ScreeningSection(Config, frozen=True, kw_only=True):
    """Orders in options that are judged before somebody sends them."""

    execute_above: Share = 0.7
    """`EXECUTE` strictly above this win probability, else `SKIP`."""
    threshold: Share = 0.5
    """Of symbols and strategies that `thresholds` does not name."""
    thresholds: dict[str, dict[str, Share]] = field(default_factory=dict)
    """Symbol -> strategy -> the win probability from which on an order counts as winning: `SPX.Butterfly = 0.45`."""
    volatility: InstrumentName | None = None
    """The volatility index whose level and change are features; None: not known."""
    session: Annotated[str, Meta(pattern=SESSION)] | None = None
    """Trading hours of the venue that options trade at, as `09:30-16:00 America/New_York`."""
    refuse_simulated: bool = False
    """Judge nothing by prices of a simulated market."""
    market_s: Seconds = 300.0
    """Lifetime of market data, market seconds."""
    features_s: Seconds = 60.0
    """Lifetime of the features of an order, market seconds."""
    predictions_s: Seconds = 300.0
    """Lifetime of a prediction, market seconds."""
    max_entries: Positive = 10_000
    """Of each cache."""
    log_bytes: Annotated[int, Meta(ge=0, le=2**40)] = 67_108_864
    """At so many bytes `log/predictions.jsonl` of the state folder becomes `predictions.jsonl.1`; 0: none is kept."""
    source: OrderSource | None = None
    """Where orders come from by themselves; None: they are sent to us."""
    batch: Annotated[int, Meta(ge=1, le=100)] = 10
    """Orders of the source that are judged together."""
    quiet_s: Seconds = 1.0
    """Fewer are judged when no further one came for so long."""


class ServiceSection(Config, frozen=True, kw_only=True):
    """A program that calls without a person: it reads, asks for predictions, tells what became of them, and no more."""

    token_envs: Annotated[tuple[Variable, ...], Meta(min_length=1, max_length=2)]
    """Environment variables with its bearer tokens of 32 characters or more; two while one takes the other's place."""
