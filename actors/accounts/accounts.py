"""All accounts of the node: fed by order events and market prices, told to the journal and then to users."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from decimal import Decimal

from prometheus_client import Counter

from actors.accounts.account import RESTORED, Account, AccountKind, Applied
from actors.accounts.books import Books
from actors.accounts.checkpoint import NO_PAST, Past
from actors.accounts.days import PREFIX
from actors.accounts.exact import ZERO, plain
from actors.accounts.funding import Funding
from actors.accounts.orders import Overfill
from actors.accounts.recall import by_trader, kind_of
from actors.accounts.risk import Bucket, Situation
from actors.accounts.sampling import Sampling
from actors.accounts.telling import Telling
from actors.accounts.valuation import Pool
from actors.accounts.watch import Watch
from actors.market import MINUTE_NS, Instrument
from actors.orders import AlertRow, CashRow, OrderEvent, OrderRow
from actors.ports.host import TradingStateName
from actors.ports.journal import Journal, JournalRow, Recorded
from actors.ports.traders import AccountListener, Limits, Marks
from config.errors import ConfigError

type Liquidate = Callable[[str, str], None]
"""(account id, instrument id): close what it holds there."""

_events = Counter("whisperer_order_events", "Order events that reached an account, by what became of them", ["outcome"])
_liquidations = Counter("whisperer_liquidations", "Positions that were liquidated")


class Accounts(Books):
    """Owner of every account's state; lives as long as the process, on the owner loop."""

    def __init__(
        self,
        instruments: Mapping[str, Instrument],
        journal: Journal,
        listener: AccountListener,
        marks: Marks,
        *,
        liquidate: Liquidate,
        funding_rate: Decimal = ZERO,
    ) -> None:
        """Begin without accounts.

        Args:
            instruments: What can be traded.
            journal: Where everything is written first.
            listener: Tells users afterwards.
            marks: Prices, as long as `on_mark` has told none.
            liquidate: Called for each position of an account that cannot carry them any more, and once more at
                every market minute while that is so.
            funding_rate: Of perpetuals, each eight hours.
        """
        super().__init__(instruments, marks)
        self._liquidate = liquidate
        self.telling = Telling(journal, listener)
        self._funding = Funding(funding_rate, self._prices.last)
        self._sampling = Sampling(self.valuation)
        self._watch = Watch(self.valuation, self._on_short)
        self._losses: dict[str, Decimal | None] = {}
        self._next_minute = 0

    def open(
        self, user_id: str, account_id: str, kind: AccountKind, balances: Mapping[str, str], ts: int
    ) -> list[CashRow]:
        """Open an account with money in it; its first currency is the main one.

        Returns:
            What the caller must journal, together with its own row of the trader.
        """
        rows = [
            CashRow(
                user_id=user_id,
                account_id=account_id,
                cash_id=f"open:{currency}",
                kind="opening",
                currency=currency,
                amount=Decimal(amount),
                ts=ts,
            )
            for currency, amount in balances.items()
        ]
        self._take(Account(user_id, account_id, kind, next(iter(balances)), self.terms), rows)
        return rows

    def close(self, account_id: str) -> None:
        """Forget an account: it could not be journalled, or its books begin anew."""
        self._drop(account_id)
        self.telling.forget(account_id)

    def restore(self, recorded: Recorded, past: Past = NO_PAST) -> None:
        """Take in what the journal knows; before the first event."""
        for trader, part in by_trader(recorded):
            self.rebuild(trader.account_id, trader.user_id, kind_of(trader), part, past)

    def rebuild(
        self, account_id: str, user_id: str, kind: AccountKind, part: Recorded, past: Past = NO_PAST
    ) -> Account:
        """Make one account anew of its journalled cash, fills and working orders, in place of what is in memory.

        Its user hears what is different then. `past` has what fills before those of `part` have made.

        Raises:
            ConfigError: If there are fills or orders of an instrument that the market does not have any more.
        """
        fills = [row for row in part.fills if row.account_id == account_id]
        orders = [row for row in (*part.working, *part.ended) if row.account_id == account_id]
        names = {row.instrument_id for row in fills} | {row.instrument_id for row in orders}
        if gone := sorted(names - self._terms.keys()):
            raise ConfigError(f"the journal has orders of {', '.join(gone)}, and this market does not: reset the books")
        old, most = self._accounts.get(account_id), self._losses.get(account_id)
        if old is not None:
            self._drop(account_id)
        cash = [row for row in part.cash if row.account_id == account_id]
        account = Account(user_id, account_id, kind, cash[0].currency if cash else "USDT", self.terms)
        if old is not None:
            account.leverage, self._losses[account_id] = old.leverage, most
        past.recall(account, fills)
        account.ledger.forget_others({row.order_id for row in orders})
        for row in orders:
            account.reserve(row, row.price or row.trigger_price or self._prices.last(row.instrument_id) or ZERO)
        self.days.restore(account_id, part.node.get(PREFIX + account_id))
        self._take(account, cash, was=old)
        return account

    def reserve(self, row: OrderRow, price: Decimal) -> None:
        """Take in a checked order before it is made durable, at the price that the check returned."""
        self.account(row.account_id).reserve(row, price)

    def pledge(self, row: OrderRow, price: Decimal) -> None:
        """Bind the money of a checked change of a working order until the venue has answered."""
        self.account(row.account_id).pledge(row, price)

    def withdraw(self, row: OrderRow) -> None:
        """Give back what an order had reserved that could not be made durable."""
        self.account(row.account_id).withdraw(row.order_id)

    def on_event(self, account_id: str, event: OrderEvent) -> Applied | None:
        """Apply what the engine told of an order: at once here, then in the journal, then to its user.

        Returns:
            What has changed; None when the event was known, came too late or belongs to no order in memory.
        """
        self._pass_time(event.ts)
        account = self.account(account_id)
        applied = account.apply(event)
        if isinstance(applied, Overfill):
            self._on_overfill(account, applied)
            return None
        if applied is None:
            _events.labels(self._ignored(account, event)).inc()
            return None
        _events.labels("applied").inc()
        rows: list[JournalRow] = [] if applied.fill is None else [applied.fill]
        rows += [applied.row, *applied.reduced, *applied.released]
        if applied.fill is not None:
            rows.append(self.valuation.position(account, applied.row.instrument_id, event.ts))
        rows += self.telling.changed_balances(account, event.ts)
        self.telling.send(account_id, rows, is_harmless=event.kind == "accepted")
        if applied.fill is not None:
            self._changed(account)
        return applied

    def on_mark(self, instrument_id: str, units: int, ts: int) -> None:
        """Hear the newest price of an instrument; what nobody holds costs next to nothing.

        Args:
            instrument_id: Any of the market.
            units: In units of the instrument's price precision, as the market's rows have it.
            ts: Market time, UNIX ns.
        """
        if ts >= self._next_minute:
            self._pass_time(ts)
        self._prices.note(instrument_id, units)
        self._watch.on_price(instrument_id, units)

    def deposit(self, row: CashRow) -> None:
        """Count and tell money that moves without a fill; the same row twice counts once."""
        account = self.account(row.account_id)
        if not account.deposit(row):
            return
        rows: list[JournalRow] = [row]
        if row.kind == "funding" and row.instrument_id is not None:
            rows.append(self.valuation.position(account, row.instrument_id, row.ts))
        else:
            rows += self.days.deposit(account, self.valuation.main(account, row.currency, row.amount))
        self.telling.send(row.account_id, [*rows, *self.telling.changed_balances(account, row.ts)])
        self._changed(account)

    def situation(
        self, account_id: str, limits: Limits, state: TradingStateName, bucket: Bucket | None = None
    ) -> Situation:
        """Return what an order of an account meets now; a daily loss that is reached counts from here to the day's end.

        Args:
            account_id: Whose order it is.
            limits: In force.
            state: The stricter one of the trader's and the node's.
            bucket: Of its order rate; None: the order does not count.
        """
        account, most = self.account(account_id), limits.max_daily_loss
        loss = max(-self.days.profit(account), ZERO)
        if most is not None and loss >= most and (rows := self.days.stop(account)):
            self.telling.write(*rows)
        return Situation(
            limits=limits,
            state=state,
            day_loss=loss,
            is_day_stopped=self.days.is_stopped(account),
            bucket=bucket,
        )

    def alert(self, account_id: str, row: AlertRow) -> None:
        """Journal and tell what a user should know, after what was told before."""
        self.telling.send(account_id, [row])

    def set_limits(self, account_id: str, limits: Limits) -> None:
        """Take other limits: what orders and positions bind changes with the leverage, the day with its loss."""
        account = self.account(account_id)
        self._losses[account_id] = limits.max_daily_loss
        if account.leverage != limits.max_leverage:
            account.leverage = limits.max_leverage
            account.relock()
            if rows := self.telling.changed_balances(account, self._now):
                self.telling.send(account_id, rows)

    def _drop(self, account_id: str) -> None:
        account = self._accounts.pop(account_id)
        del self._by_user[account.user_id]
        self._watch.forget(account_id)
        self._sampling.forget(account_id)
        self._losses.pop(account_id, None)
        self.days.restore(account_id, None)

    def _take(self, account: Account, cash: Sequence[CashRow], *, was: Account | None = None) -> None:
        self._accounts[account.account_id] = account
        self._by_user[account.user_id] = account
        for row in cash:
            account.deposit(row)
        self._changed(account)
        balances = self.telling.changed_balances(account, self._now)
        if was is not None:
            names = sorted(account.ledger.differs(was.ledger))
            rows: list[JournalRow] = [self.valuation.position(account, name, self._now) for name in names]
            self.telling.send(account.account_id, [*rows, *balances])

    def _changed(self, account: Account) -> None:
        self._watch.update(account)
        self._sampling.touch(account)

    def _pass_time(self, ts: int) -> None:
        """Do what is due at the minutes up to `ts`, at the prices from before."""
        self._now = max(self._now, ts)
        if ts < self._next_minute:
            return
        minute = ts - ts % MINUTE_NS
        self._next_minute = minute + MINUTE_NS
        for account in list(self._accounts.values()):
            for row in self._funding.due(account, minute):
                self.deposit(row)
        self._watch.again()
        rows: list[JournalRow] = [
            *self.days.begin(self._accounts.values(), minute),
            *self._sampling.sample(self._accounts.values(), minute),
            *self._stopped_days(),
        ]
        if rows:
            self.telling.write(*rows)

    def _stopped_days(self) -> Iterator[JournalRow]:
        """Note whose daily loss is reached: it stays so until the day ends, whatever prices do."""
        for account_id, most in self._losses.items():
            account = self._accounts[account_id]
            if most is not None and -self.days.profit(account) >= most:
                yield from self.days.stop(account)

    def _ignored(self, account: Account, event: OrderEvent) -> str:
        if account.orders.get(event.order_id) is None:
            return "unknown_order"
        return "restored" if (event.fill_id or "").startswith(RESTORED) else "repeated"

    def _on_overfill(self, account: Account, overfill: Overfill) -> None:
        _events.labels("overfill").inc()
        row, quantity = overfill.row, plain(overfill.event.fill_quantity or ZERO)
        text = f"order {row.client_order_id}: a fill of {quantity} was refused, {plain(row.leaves_quantity)} were left"
        self.telling.alert(account, "repair", text, self._now)

    def _on_short(self, account: Account, pool: Pool, names: list[str], is_first: bool) -> None:  # noqa: FBT001
        if is_first:
            what, equity, least = ", ".join(names), plain(pool.equity), plain(pool.maintenance)
            text = f"{what} liquidated: equity {equity} {pool.currency} fell below maintenance margin {least}"
            self.telling.alert(account, "liquidation", text, self._now)
        for name in names:
            _liquidations.inc()
            self._liquidate(account.account_id, name)
