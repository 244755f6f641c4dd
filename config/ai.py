"""Sections of the configuration about AI services that run outside of the node; `[ai.NAME]`."""

from typing import Annotated

from msgspec import Meta

from config.fields import Amount, Config, Currency, Positive, Seconds

Url = Annotated[str, Meta(pattern=r"\Ahttps?://[A-Za-z0-9.\[\]:_-]{1,253}(/[A-Za-z0-9._~/-]{0,200})?\Z")]
"""An address without user, password, query or fragment."""
Variable = Annotated[str, Meta(pattern=r"\A[A-Za-z_][A-Za-z0-9_]{0,63}\Z")]


class AiService(Config, frozen=True, kw_only=True):
    """One service that predictors `llm` and `http` ask, shared by every stream that names it."""

    url: Url
    """Base address, for example `http://127.0.0.1:11434/v1`; redirects are not followed."""
    key_env: Variable | None = None
    """Environment variable with the bearer token; None: none is sent."""
    timeout_s: Annotated[float, Meta(gt=0.0, le=300.0)] = 30.0
    """For one answer, all attempts included."""
    ask_every_s: Annotated[float, Meta(ge=0.0, le=86_400.0)] = 0.0
    """A stream's bars that close sooner after the last one that was asked about are not, market time; 0: all are."""
    at_once: Annotated[int, Meta(ge=1, le=64)] = 4
    """Questions under way together; more wait for their turn."""
    fresh_s: Seconds = 300.0
    """So old, in market time, an answer may be; of longer intervals the answer about the bar before still counts."""
    stale_s: Seconds = 900.0
    """So old it is still used, marked stale; later there is none."""
    retry_s: Seconds = 30.0
    """A question that failed is asked again after so long, until a newer one takes its place."""
    max_answer_bytes: Annotated[int, Meta(ge=1_024, le=16_777_216)] = 65_536
    """A longer answer is dropped."""
    input_price: Amount = "0"
    """Price of a million tokens sent, in `currency`."""
    output_price: Amount = "0"
    """Price of a million tokens received."""
    currency: Currency = "USD"
    """Of the prices and the budget."""
    budget_per_day: Amount | None = None
    """Nothing is asked above it until the next UTC day; None: no limit."""
    tokens_per_day: Positive | None = None
    """Likewise in tokens, sent and received together."""
