"""One trader: an account, limits, a trading state and strategies; lives as long as the process."""

import time
from collections.abc import Callable

import msgspec
from msgspec import Struct

from actors.accounts.account import Account
from actors.accounts.limits import Choices, in_force
from actors.allowance import Allowance
from actors.ports.host import TradingStateName
from actors.ports.journal import AuditRow, StrategyRow, TraderRow
from actors.ports.traders import Limits, StrategyState, StrategyStateName
from config.trading import StrategyConfigSection
from node.trading.screened import Screened
from node.trading.sections import encoded_section

BURST = 2
"""So many times a second's orders may come at once."""


class Instance(Struct):
    """One strategy of a trader, whether it runs or not."""

    user_id: str
    name: str
    section: StrategyConfigSection
    state: StrategyStateName = "running"
    reason: str | None = None
    """Why it was retired."""

    def told(self) -> StrategyState:
        """Return it as users see it."""
        kind = self.section.path or self.section.name
        return StrategyState(name=self.name, kind=kind, state=self.state, section=self.section, reason=self.reason)

    def row(self) -> StrategyRow:
        """Return it as it is journalled: what a start makes of one that was leaving is `retired`."""
        state = "retired" if self.state == "retiring" else self.state
        return StrategyRow(
            user_id=self.user_id,
            name=self.name,
            section=encoded_section(self.section),
            state=state,
            reason=self.reason,
        )

    def audit(self, actor: str, action: str) -> AuditRow:
        """Return what the audit log keeps of something done with it."""
        detail = msgspec.json.encode({"section": self.section, "reason": self.reason}).decode()
        return AuditRow(actor=actor, action=action, target=f"{self.user_id}.{self.name}", detail=detail)


class Trader:
    """What belongs to one user."""

    def __init__(
        self,
        account: Account,
        client_id: str,
        configured: Limits,
        choices: Choices,
        *,
        monotonic: Callable[[], float] = time.monotonic,
    ) -> None:
        """Begin active, without strategies.

        Args:
            account: The user's.
            client_id: Of its slot in the engine.
            configured: What the ceilings may be set to at the most, and are until an admin sets others.
            choices: The user's own limits.
            monotonic: Seconds that only grow, for the order rate.
        """
        self.account = account
        self.client_id = client_id
        self.configured = configured
        self.own_ceilings: Choices = {}
        """As set by an admin."""
        self.ceilings = configured
        """What the limits may be set to at the most."""
        self.own_state: TradingStateName = "active"
        self.instances: dict[str, Instance] = {}
        self.failure: str | None = None
        """Why this trader has no desk at the moment."""
        self.is_aside = False
        """Whether its books could not be given to the present engine: nothing of it is sent anywhere."""
        self.screened = Screened(monotonic)
        """Screening of its strategies' orders."""
        self._monotonic = monotonic
        self.bucket: Allowance | None = None
        self.set_choices(choices)

    @property
    def user_id(self) -> str:
        """Who it is."""
        return self.account.user_id

    @property
    def account_id(self) -> str:
        """Its account, for example `PAPER-001`."""
        return self.account.account_id

    def set_choices(self, choices: Choices) -> None:
        """Set the user's own limits; they are checked already, the caller tells the account of its leverage."""
        self.choices = choices
        self.limits = in_force(self.ceilings, choices)
        rate = self.limits.max_orders_per_s
        if rate is None:
            self.bucket = None
        elif self.bucket is None:
            self.bucket = Allowance(float(rate), BURST * rate, self._monotonic)
        else:
            self.bucket.change(float(rate), BURST * rate)

    def set_ceilings(self, own: Choices) -> None:
        """Set an admin's ceilings; they are checked already, the caller tells the account of its leverage."""
        self.own_ceilings = own
        self.ceilings = in_force(self.configured, own)
        self.set_choices(self.choices)

    def set_aside(self, reason: str) -> None:
        """Leave it out, until the next engine is tried with its books."""
        self.failure = f"set aside, its books could not be given to the engine: {reason}"
        self.is_aside = True

    def take_back(self) -> None:
        """Try it with the next engine."""
        self.failure, self.is_aside = None, False

    def degraded(self) -> list[str]:
        """Return what does not work, in words."""
        found = [] if self.failure is None else [self.failure]
        return found + [f"strategy {one.name} was retired: {one.reason}" for one in self.retired()]

    def retired(self) -> list[Instance]:
        """Return the strategies that have failed."""
        return [one for one in self.instances.values() if one.state in {"retiring", "retired"}]

    def row(self) -> TraderRow:
        """Return it as it is journalled."""
        return TraderRow(
            user_id=self.user_id,
            account_id=self.account_id,
            kind=self.account.kind,
            trading_state=self.own_state,
            limits=dict(self.choices),
            ceilings=dict(self.own_ceilings),
            screening=msgspec.structs.asdict(self.screened.choice),
        )
