"""What the fills up to one row of the journal have made of all accounts: a start counts only those after it."""

import threading
from collections.abc import Callable, Mapping, Sequence
from decimal import Decimal

import msgspec
from msgspec import Struct

from actors.accounts.account import Account
from actors.accounts.recall import by_trader, kind_of
from actors.accounts.terms import Terms
from actors.market import Instrument
from actors.orders import FillRow
from actors.ports.journal import Recorded

VERSION = 1

type TermsOf = Callable[[str], Terms]


class PositionState(Struct, frozen=True, array_like=True):
    """A position as its fills have left it; funding is no fill."""

    instrument_id: str
    terms: tuple[str, ...]
    """What the numbers mean; an instrument that means something else now is counted anew."""
    quantity: Decimal
    cost: Decimal
    realized: Decimal
    fees: Decimal
    opened_at: int
    ts: int


class AccountState(Struct, frozen=True, array_like=True):
    """An account as its fills have left it, in the order in which things came."""

    cash: dict[str, Decimal]
    """What fills brought and took, by currency."""
    fees: dict[str, Decimal]
    positions: tuple[PositionState, ...]
    nets: tuple[tuple[str, str, Decimal], ...]
    """Strategy, instrument, signed quantity."""


class Checkpoint(Struct, frozen=True, kw_only=True):
    """All accounts that had fills."""

    version: int = VERSION
    run_id: str
    last_fill: int
    """Row of the newest fill that is in it."""
    fills: int
    """How many of the run are."""
    accounts: dict[str, AccountState]

    def encoded(self) -> str:
        """Return it as text."""
        return msgspec.json.encode(self).decode()

    def fits(self, run_id: str, instruments: Mapping[str, Instrument]) -> bool:
        """Return whether it is of these books, and its instruments mean what they meant."""
        if (self.version, self.run_id) != (VERSION, run_id):
            return False
        meanings = {name: _meaning(Terms.of(one)) for name, one in instruments.items()}
        positions = [one for account in self.accounts.values() for one in account.positions]
        return all(one.terms == meanings.get(one.instrument_id) for one in positions)


def decoded(text: str | None) -> Checkpoint | None:
    """Return a checkpoint from its text; None if there is none that this program can read."""
    try:
        return msgspec.json.decode(text, type=Checkpoint) if text else None
    except msgspec.DecodeError:
        return None


def state_of(account: Account) -> AccountState:
    """Return what fills alone have made of an account."""
    return AccountState(
        cash=dict(account.cash),
        fees=dict(account.fees),
        positions=tuple(
            PositionState(
                name, _meaning(one.terms), one.quantity, one.cost, one.realized, one.fees, one.funded_at, one.ts
            )
            for name, one in account.ledger.positions.items()
        ),
        nets=tuple((strategy, name, net) for (strategy, name), net in account.ledger.nets.items()),
    )


def resume(account: Account, state: AccountState) -> None:
    """Bring an account that has no fills yet to where its fills had brought it."""
    account.cash.update(state.cash)
    account.fees.update(state.fees)
    for one in state.positions:
        position = account.ledger.position(one.instrument_id)
        position.quantity, position.cost, position.realized = one.quantity, one.cost, one.realized
        position.fees, position.funded_at, position.ts = one.fees, one.opened_at, one.ts
    account.ledger.resume_nets({(strategy, name): net for strategy, name, net in state.nets})


class Past(Struct, frozen=True):
    """What is known of fills that need not be counted again."""

    states: Mapping[str, AccountState] = {}
    """By account."""
    counted: Sequence[FillRow] = ()
    """Fills of orders that may still fill: each counts once. Later ones may be among them."""

    def recall(self, account: Account, fills: Sequence[FillRow]) -> None:
        """Bring an account without fills to where these and the later `fills` have brought it."""
        if (state := self.states.get(account.account_id)) is not None:
            resume(account, state)
        account.recall(fills)
        for fill in self.counted:
            if fill.account_id == account.account_id:
                account.ledger.remember(fill)


NO_PAST = Past()
PORTION = 1_000
"""Fills that are read at once: what all of five minutes need of memory, a process would not give back."""


class Folded:
    """Every account made of the journal's fills and nothing else, a little further each time; for threads."""

    def __init__(
        self, load: Callable[[int, int], Recorded], terms: TermsOf, *, every: int, portion: int = PORTION
    ) -> None:
        """Begin before the first fill.

        Args:
            load: Returns what the journal has, with so many fills after a row at most.
            terms: Tells an instrument's numbers.
            every: Fills after which another checkpoint is worth its writing.
            portion: How many fills are read at once.
        """
        self._every = every
        self._portion = portion
        self._load = load
        self._terms = terms
        self._lock = threading.Lock()
        self._written = 0
        self._begin("")

    def read(self) -> tuple[Recorded, dict[str, AccountState], Checkpoint | None]:
        """Read on; return the newest rows, what all fills have made, and a checkpoint when one is worth it."""
        with self._lock:
            recorded = self._read_on()
            while recorded.has_more:
                recorded = self._read_on()
            states = {name: state_of(account) for name, account in self._accounts.items()}
            return recorded, states, self._checkpoint(states)

    def _read_on(self) -> Recorded:
        recorded = self._load(self._last_fill, self._portion)
        if recorded.run_id != self._run_id or recorded.fills_before != self._fills:
            self._begin(recorded.run_id)
            recorded = self._load(0, self._portion)
        try:
            self._add(recorded)
        except BaseException:
            self._begin("")
            raise
        return recorded

    def _begin(self, run_id: str) -> None:
        self._run_id = run_id
        self._last_fill = self._fills = 0
        self._accounts: dict[str, Account] = {}

    def _add(self, recorded: Recorded) -> None:
        for trader, part in {trader.account_id: (trader, part) for trader, part in by_trader(recorded)}.values():
            account = self._accounts.get(trader.account_id)
            if account is None:
                currency = part.cash[0].currency if part.cash else "USDT"
                account = Account(trader.user_id, trader.account_id, kind_of(trader), currency, self._terms)
                self._accounts[trader.account_id] = account
            account.recall(part.fills)
            account.ledger.forget_others(())
        self._fills += len(recorded.fills)
        self._last_fill = recorded.last_fill

    def _checkpoint(self, states: dict[str, AccountState]) -> Checkpoint | None:
        if self._fills - self._written < self._every:
            return None
        self._written = self._fills
        had = {name: state for name, state in states.items() if state.positions}
        return Checkpoint(run_id=self._run_id, last_fill=self._last_fill, fills=self._fills, accounts=had)


def _meaning(terms: Terms) -> tuple[str, ...]:
    """Return what of an instrument counts in its fills."""
    return (str(terms.is_perpetual), terms.base, terms.settlement, str(terms.unit), str(terms.multiplier))
