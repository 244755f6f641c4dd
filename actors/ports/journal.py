"""The journal as its writers and readers see it."""

from collections.abc import Callable, Sequence
from typing import Protocol

from msgspec import Struct, field

from actors.orders import AlertRow, BalanceRow, CashRow, EquityRow, FillRow, OrderRow, PositionRow
from actors.ports.host import TradingStateName
from actors.ports.person_rows import PersonRow, RecordedPeople


class TraderRow(Struct, frozen=True, kw_only=True):
    """One trader: who, in which slot, with which settings."""

    user_id: str
    account_id: str
    kind: str
    """`cash` or `margin`."""
    trading_state: TradingStateName = "active"
    limits: dict[str, str | int | None]
    """Rule -> limit, as set by the user within the ceilings."""
    ceilings: dict[str, str | int | None] = field(default_factory=dict)
    """Rule -> ceiling, as set by an admin within what the configuration allows."""
    screening: dict[str, bool | float | None] = field(default_factory=dict)
    """Fields of `OrderScreening`, as set by the user."""


class StrategyRow(Struct, frozen=True, kw_only=True):
    """One strategy instance of a trader."""

    user_id: str
    name: str
    """Of the instance, unique among the trader's."""
    section: bytes
    """Its configuration, a `StrategyConfigSection` as JSON."""
    state: str
    """`running`, `stopped` or `retired`."""
    reason: str | None = None


class AuditRow(Struct, frozen=True, kw_only=True):
    """One row of the audit log, chained by hashes when it is written."""

    actor: str
    """Who did it: a user id, or `node`."""
    action: str
    target: str = ""
    detail: str = ""
    """JSON."""
    trace_id: str = ""


class HandoverRow(Struct, frozen=True, kw_only=True):
    """All books of one user, of every run, become another's, who has none; the audit log stays as it is."""

    from_user: str
    to_user: str


class NodeRow(Struct, frozen=True, kw_only=True):
    """One fact about the node itself, by name: its trading state."""

    name: str
    value: str


JournalRow = (
    OrderRow
    | FillRow
    | CashRow
    | PositionRow
    | BalanceRow
    | EquityRow
    | AlertRow
    | TraderRow
    | StrategyRow
    | AuditRow
    | NodeRow
    | HandoverRow
    | PersonRow
)
"""What can be written; a row with the key of an earlier one takes its place, fills, cash and audit only grow."""


class Span(Struct, frozen=True, kw_only=True):
    """Which part of a history is wanted, newest first."""

    start: int | None = None
    """UNIX nanoseconds of market time, inclusive."""
    end: int | None = None
    """Exclusive."""
    instrument_id: str | None = None
    limit: int = 100
    before: int | None = None
    """A row id: only older rows, from the page before."""


class Page[T](Struct, frozen=True):
    """Some rows, newest first."""

    rows: Sequence[T]
    next: int | None
    """`Span.before` of the next page; None at the end."""


class AuditEntry(Struct, frozen=True, kw_only=True):
    """One row of the audit log, as read."""

    seq: int
    """Its number; grows with time."""
    ts: int
    """Wall time, UNIX nanoseconds."""
    user_id: str
    """Whose trail it belongs to: who did it, or whom it concerns."""
    actor: str
    action: str
    target: str
    detail: str
    """JSON."""
    trace_id: str


class AuditSpan(Struct, frozen=True, kw_only=True):
    """Which part of the audit log is wanted, newest first."""

    user_id: str | None = None
    """What this user did or what was done to the user; None: everybody's."""
    action: str | None = None
    """An action, or its first words, for example `trader` for `trader.limits`."""
    start: int | None = None
    """Wall time, UNIX nanoseconds, inclusive."""
    end: int | None = None
    """Exclusive."""
    limit: int = 100
    before: int | None = None
    """Only rows with a smaller `seq`."""


class Recorded(Struct, frozen=True, kw_only=True):
    """What a start needs to go on where the last process ended."""

    run_id: str
    """Of the books that are open now; a reset begins another."""
    traders: Sequence[TraderRow]
    strategies: Sequence[StrategyRow]
    working: Sequence[OrderRow]
    """Orders of the run that have not ended, oldest first; none where `has_more`."""
    fills: Sequence[FillRow]
    """Fills of the run, oldest first: all of them, or those after a row."""
    cash: Sequence[CashRow]
    node: dict[str, str]
    ended: Sequence[OrderRow] = ()
    """Orders that have ended and are linked with working ones, or their parents; of a start alone."""
    last_fill: int = 0
    """Row of the newest fill that was read, or of all."""
    has_more: bool = False
    """Whether there are fills after it, which were left for another time."""
    fills_before: int = 0
    """Number of the run's fills up to the row after which `fills` begin."""


CHECKPOINT = "checkpoint"
"""Name of the note that keeps what fills have made of the accounts; no fact about the node."""


class AuditLog(Protocol):
    """What can be read of the audit log."""

    async def audit(self, span: AuditSpan) -> Page[AuditEntry]:
        """Return a part of it, over all runs, newest first.

        Raises:
            StoreUnavailableError: If it cannot be read.
        """


class Journal(AuditLog, Protocol):
    """The durable record; lives as long as the process, its writing happens in one thread of its own."""

    @property
    def trouble(self) -> str | None:
        """Why nothing can be written at the moment, in words; None when all is well."""

    @property
    def run_id(self) -> str:
        """Of the books that are open now, on every row."""

    def write(self, *rows: JournalRow, told: Callable[[], None] | None = None) -> None:
        """Queue rows of one transaction, with their outbox rows; costs the loop microseconds.

        Args:
            rows: In their order.
            told: Called on the loop once they are durable, in the order of all `write`s; also when they cannot be
                written at the moment (`trouble` says so, they are kept and tried again): nobody is left without word.
        """

    async def durable(self, *rows: JournalRow) -> None:
        """Write rows and return when they are on the disk; nothing is kept of what failed.

        Raises:
            StoreUnavailableError: If they cannot be written.
        """

    async def settled(self) -> None:
        """Return when everything queued so far has been written, or cannot be."""

    async def find_order(self, user_id: str, client_order_id: str) -> OrderRow | None:
        """Return a user's order by the user's own id, whatever has become of it."""

    async def orders(self, user_id: str, span: Span) -> Page[OrderRow]:
        """Return a user's orders."""

    async def fills(self, user_id: str, span: Span) -> Page[FillRow]:
        """Return a user's fills."""

    async def equity(self, user_id: str, span: Span) -> Page[EquityRow]:
        """Return a user's equity curve."""

    async def alerts(self, user_id: str, span: Span) -> Page[AlertRow]:
        """Return what a user was told."""

    def load_people(self) -> RecordedPeople:
        """Return users, sessions and keys; blocks, for the start.

        Raises:
            ConfigError: If the file cannot be read.
        """
