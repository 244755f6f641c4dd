"""Rows for tests of the journal."""

import sqlite3
from decimal import Decimal

from actors.orders import BalanceRow, CashRow, EquityRow, FillRow, OrderRow, PositionRow

INSTRUMENT = "BTC-USDT.SIM"


def order(number, **changes):
    values = {
        "user_id": "ada",
        "account_id": "PAPER-001",
        "strategy": "desk",
        "client_order_id": f"mine-{number}",
        "order_id": f"{number:032}",
        "instrument_id": INSTRUMENT,
        "side": "buy",
        "type": "limit",
        "time_in_force": "gtc",
        "quantity": Decimal("1.50"),
        "status": "submitted",
        "ts_created": number,
        "ts_updated": number,
        "price": Decimal("64000.10"),
    }
    return OrderRow(**(values | changes))


def fill(number, **changes):
    values = {
        "user_id": "ada",
        "account_id": "PAPER-001",
        "strategy": "desk",
        "fill_id": f"F-{number}",
        "order_id": f"{number:032}",
        "client_order_id": f"mine-{number}",
        "instrument_id": INSTRUMENT,
        "side": "buy",
        "quantity": Decimal("1.50"),
        "price": Decimal("64000.10"),
        "fee": Decimal("0.00000001"),
        "fee_currency": "USDT",
        "liquidity": "taker",
        "ts": number,
    }
    return FillRow(**(values | changes))


def position(quantity, **changes):
    values = {
        "user_id": "ada",
        "account_id": "PAPER-001",
        "instrument_id": INSTRUMENT,
        "quantity": Decimal(quantity),
        "cost": Decimal(0),
        "realized_pnl": Decimal(0),
        "fees": Decimal(0),
        "ts": 1,
    }
    return PositionRow(**(values | changes))


def equity(ts, account="PAPER-001", **changes):
    money = dict.fromkeys(("equity", "cash", "unrealized_pnl", "fees"), Decimal(1))
    return EquityRow(user_id="ada", account_id=account, ts=ts, **(money | changes))


def balance(total, ts=1):
    return BalanceRow(
        user_id="ada", account_id="PAPER-001", currency="USDT", total=Decimal(total), locked=Decimal(0), ts=ts
    )


def query(path, sql, *values):
    """Return what a file answers to somebody who only reads."""
    connection = sqlite3.connect(f"file:{path}?mode=ro", uri=True)
    try:
        return connection.execute(sql, values).fetchall()
    finally:
        connection.close()


def cash(amount, account="PAPER-001", ts=1):
    return CashRow(
        user_id="ada",
        account_id=account,
        cash_id="open",
        kind="opening",
        currency="USDT",
        amount=Decimal(amount),
        ts=ts,
    )
