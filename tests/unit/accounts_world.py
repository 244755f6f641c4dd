"""A small world of accounts for tests: two instruments, a journal that keeps a list, a listener, prices by hand."""

from collections.abc import Callable, Mapping
from decimal import Decimal

from actors.accounts.account import Account
from actors.accounts.accounts import Accounts
from actors.market import Instrument
from actors.orders import OrderEvent, OrderRow, OrderTicket
from actors.ports import Limits

SPOT, PERP, COIN = "BTC-USDT.SIM", "BTC-USDT-SWAP.SIM", "ETH-USDT-SWAP.SIM"
T0 = 1_767_600_000_000_000_000 - 1_767_600_000_000_000_000 % 86_400_000_000_000
"""A midnight."""


def instrument(name: str, *, perpetual: bool = False, **fields) -> Instrument:
    symbol, _, venue = name.partition(".")
    base = symbol.partition("-")[0]
    values = {
        "price_precision": 1,
        "size_precision": 8 if not perpetual else 4,
        "price_increment": "0.1",
        "size_increment": "0.00000001" if not perpetual else "0.0001",
        "min_quantity": "0.0001",
        "max_quantity": "1000",
        "min_notional": "1",
        "maker_fee": "0.0002",
        "taker_fee": "0.0005",
        "margin_init": "0.01" if perpetual else "0",
        "margin_maint": "0.004" if perpetual else "0",
    } | fields
    return Instrument(
        instrument_id=name,
        symbol=symbol,
        venue=venue,
        kind="perpetual" if perpetual else "spot",
        base_currency=base,
        quote_currency="USDT",
        settlement_currency="USDT",
        **values,
    )


INSTRUMENTS = {
    SPOT: instrument(SPOT),
    PERP: instrument(PERP, perpetual=True),
    COIN: instrument(COIN, perpetual=True),
}
NO_LIMITS = Limits(
    max_order_notional=None,
    max_position_notional=None,
    max_open_orders=None,
    max_orders_per_s=None,
    price_collar=None,
    max_daily_loss=None,
    max_leverage=None,
)


class JournalOnPaper:
    """Keeps what was written; `commit` makes it durable and tells."""

    def __init__(self, *, at_once: bool = True) -> None:
        self.rows: list = []
        self._at_once = at_once
        self._told: list[Callable[[], None]] = []

    def write(self, *rows, told=None) -> None:
        self.rows += rows
        if told is not None:
            self._told.append(told)
        if self._at_once:
            self.commit()

    def commit(self) -> None:
        told, self._told = self._told, []
        for tell in told:
            tell()

    def of(self, kind: type) -> list:
        return [row for row in self.rows if type(row) is kind]


class Ears:
    """Keeps what users were told, in order."""

    def __init__(self) -> None:
        self.told: list = []
        self.order = self.fill = self.position = self.balance = self.alert = self.acted = self.told.append

    def of(self, kind: type) -> list:
        return [row for row in self.told if type(row) is kind]


class PricesByHand:
    """Marks that a test sets."""

    def __init__(self, **prices: str) -> None:
        self.prices: dict[str, Decimal] = {}

    def last(self, instrument_id: str) -> Decimal | None:
        return self.prices.get(instrument_id)

    def touch(self, instrument_id: str, side: str) -> Decimal | None:
        return self.prices.get(instrument_id)


class World:
    """Accounts and what stands around them."""

    def __init__(
        self,
        instruments: Mapping[str, Instrument] = INSTRUMENTS,
        *,
        funding_rate: str = "0",
        at_once: bool = True,
    ) -> None:
        self.instruments = instruments
        self.journal, self.ears, self.marks = JournalOnPaper(at_once=at_once), Ears(), PricesByHand()
        self.liquidated: list[tuple[str, str]] = []
        self.accounts = Accounts(
            instruments,
            self.journal,
            self.ears,
            self.marks,
            liquidate=lambda account_id, name: self.liquidated.append((account_id, name)),
            funding_rate=Decimal(funding_rate),
        )
        self.ids = iter(f"{number:032x}" for number in range(1, 1_000_000))

    def open(self, user_id: str = "anna", kind: str = "margin", **balances: str) -> Account:
        number = len(list(self.accounts)) + 1
        rows = self.accounts.open(user_id, f"PAPER-{number:03}", kind, balances or {"USDT": "100000"}, T0)
        self.journal.write(*rows)
        return self.accounts.of_user(user_id)

    def mark(self, instrument_id: str, price: str, ts: int = T0) -> None:
        self.marks.prices[instrument_id] = Decimal(price)
        places = self.instruments[instrument_id].price_precision
        self.accounts.on_mark(instrument_id, int(Decimal(price).scaleb(places)), ts)

    def order(self, account: Account, instrument_id: str, side: str, quantity: str, **fields) -> OrderRow:
        order_id = next(self.ids)
        values = {"type": "market", "time_in_force": "gtc", "strategy": "desk", "client_order_id": f"c{order_id[-6:]}"}
        values |= {name: Decimal(value) if name.endswith("price") else value for name, value in fields.items()}
        return OrderRow(
            user_id=account.user_id,
            account_id=account.account_id,
            order_id=order_id,
            instrument_id=instrument_id,
            side=side,
            quantity=Decimal(quantity),
            status="submitted",
            ts_created=T0,
            ts_updated=T0,
            **values,
        )

    def work(self, account: Account, instrument_id: str, side: str, quantity: str, **fields) -> OrderRow:
        """Reserve and accept an order."""
        row = self.order(account, instrument_id, side, quantity, **fields)
        price = row.price or row.trigger_price or self.marks.last(instrument_id) or Decimal(100)
        self.accounts.reserve(row, price)
        self.accounts.on_event(account.account_id, OrderEvent(kind="accepted", order_id=row.order_id, ts=T0))
        return row

    def fill(self, row: OrderRow, quantity: str, price: str, fill_id: str | None = None, **fields):
        values = {"fee": Decimal(0), "fee_currency": "USDT", "liquidity": "taker", "ts": T0} | fields
        event = OrderEvent(
            kind="filled",
            order_id=row.order_id,
            fill_id=fill_id or next(self.ids),
            fill_quantity=Decimal(quantity),
            fill_price=Decimal(price),
            **values,
        )
        return self.accounts.on_event(row.account_id, event)

    def trade(self, account: Account, instrument_id: str, side: str, quantity: str, price: str, **fields):
        """Work an order and fill it whole."""
        own = {name: fields.pop(name) for name in ("strategy",) if name in fields}
        return self.fill(self.work(account, instrument_id, side, quantity, **own), quantity, price, **fields)


def ticket(**fields) -> OrderTicket:
    values = {
        "client_order_id": "one",
        "instrument_id": SPOT,
        "side": "buy",
        "type": "limit",
        "quantity": "0.01",
        "price": "64000",
    } | fields
    return OrderTicket(**{name: value for name, value in values.items() if value is not None})
