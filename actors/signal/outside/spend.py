"""What asking a service costs, per UTC day, exactly; and whether there is any budget left."""

from collections.abc import Callable
from decimal import Decimal

import structlog
from msgspec import Struct
from prometheus_client import Counter, Gauge

from actors.signal.outside.opinion import Usage
from config.ai import AiService

log = structlog.get_logger(__name__)

_tokens = Counter("whisperer_ai_tokens", "Tokens that AI services counted", ["service", "direction"])
_spent = Gauge("whisperer_ai_spent_today", "Money spent on an AI service since 00:00 UTC", ["service", "currency"])

_DAY_S = 86_400
_MILLION = Decimal(1_000_000)


class DaySpend(Struct, frozen=True, kw_only=True):
    """What one service has cost on one day; also as it is kept over restarts."""

    day: int = 0
    """Days since 1970-01-01 UTC."""
    tokens: int = 0
    money: Decimal = Decimal(0)


class Spend:
    """Counts the tokens and the money of one service, and what is under way at its likely price."""

    def __init__(
        self,
        name: str,
        config: AiService,
        wall_s: Callable[[], float],
        *,
        kept: DaySpend | None = None,
        keep: Callable[[DaySpend], None] = lambda _: None,
    ) -> None:
        """Go on from what was kept.

        Args:
            name: Of the service.
            config: Its prices and budget.
            wall_s: UNIX seconds.
            kept: What an earlier process had counted.
            keep: Told of every change.
        """
        self._name = name
        self._config = config
        self._input = Decimal(config.input_price) / _MILLION
        self._output = Decimal(config.output_price) / _MILLION
        self._budget = None if config.budget_per_day is None else Decimal(config.budget_per_day)
        self._wall_s = wall_s
        self._today = DaySpend() if kept is None else kept
        self._keep = keep
        self._reserved = Usage()
        self._told_day = -1
        _spent.labels(name, config.currency).set(float(self.today.money))

    @property
    def today(self) -> DaySpend:
        """What was spent since 00:00 UTC."""
        day = int(self._wall_s() // _DAY_S)
        if day != self._today.day:
            self._today = DaySpend(day=day)
            _spent.labels(self._name, self._config.currency).set(0.0)
        return self._today

    def refusal(self) -> str | None:
        """Return why nothing more may be asked today, in words; None: it may."""
        today, config = self.today, self._config
        money = today.money + self._cost(self._reserved)
        if self._budget is not None and money >= self._budget:
            return self._tell(f"budget of {config.budget_per_day} {config.currency} a day is spent")
        if config.tokens_per_day is not None and today.tokens + self._reserved.total >= config.tokens_per_day:
            return self._tell(f"budget of {config.tokens_per_day} tokens a day is spent")
        return None

    def reserve(self, likely: Usage) -> None:
        """Count a question that is under way; `release` takes it back."""
        self._reserved = _sum(self._reserved, likely, 1)

    def release(self, likely: Usage) -> None:
        """Take back what `reserve` counted."""
        self._reserved = _sum(self._reserved, likely, -1)

    def charge(self, usage: Usage) -> None:
        """Count what an answer cost."""
        today = self.today
        self._today = DaySpend(day=today.day, tokens=today.tokens + usage.total, money=today.money + self._cost(usage))
        _tokens.labels(self._name, "input").inc(usage.prompt_tokens)
        _tokens.labels(self._name, "output").inc(usage.completion_tokens)
        _spent.labels(self._name, self._config.currency).set(float(self._today.money))
        self._keep(self._today)

    def _cost(self, usage: Usage) -> Decimal:
        return usage.prompt_tokens * self._input + usage.completion_tokens * self._output

    def _tell(self, reason: str) -> str:
        if self._told_day != self._today.day:
            self._told_day = self._today.day
            log.warning("ai_budget_spent", service=self._name, reason=reason)
        return reason


def _sum(left: Usage, right: Usage, sign: int) -> Usage:
    return Usage(
        left.prompt_tokens + sign * right.prompt_tokens,
        left.completion_tokens + sign * right.completion_tokens,
    )
