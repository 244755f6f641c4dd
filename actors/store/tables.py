"""Which row goes into which table, by which key, and how its values are written there and read again."""

from collections.abc import Callable, Iterable, Sequence
from decimal import Decimal
from operator import attrgetter
from typing import Any, Literal

import msgspec

from actors.orders import AlertRow, BalanceRow, CashRow, EquityRow, FillRow, OrderRow, PositionRow
from actors.ports.journal import NodeRow, StrategyRow, TraderRow
from actors.ports.person_rows import (
    ApiKeyRow,
    DataKeyRow,
    FactorRow,
    SessionRow,
    SigningKeyRow,
    ThrottleRow,
    UserRow,
)
from actors.store.runs import RunRow

Manner = Literal["newest", "replace", "once"]
"""What a second row of one key does: the higher revision wins, the later one wins, or the first one stays."""


def decimal_text(value: Decimal) -> str:
    """Return an amount as plain digits, exactly.

    Raises:
        ValueError: If it is no number.
    """
    text = str(value)
    if text[-1] > "9":
        raise ValueError(f"expected an amount, was {text}")
    return format(value, "f") if "E" in text else text


def _json_text(value: object) -> str:
    return msgspec.json.encode(value).decode()


_WRITTEN: dict[type, Callable[[Any], object]] = {
    Decimal: decimal_text,
    tuple: _json_text,
    dict: _json_text,
    bytes: bytes.decode,
}
"""Python type -> what is stored; other types are stored as they are."""


class Table[T: msgspec.Struct]:
    """One kind of row: a table with a column for each field of its struct, besides `id`, `node_id` and `run_id`."""

    def __init__(
        self,
        name: str,
        kind: type[T],
        *,
        key: Sequence[str],
        manner: Manner,
        time: str = "ts",
        read: dict[str, Callable[[Any], object]] | None = None,
    ) -> None:
        self.name = name
        self.kind = kind
        self.time = time
        """Column by which a history is in order."""
        self.fields: tuple[str, ...] = kind.__struct_fields__
        self.upsert = _upsert(name, self.fields, key, manner)
        self.columns = ", ".join(self.fields)
        self._manner = manner
        self.key = attrgetter(*([name for name in key if name in self.fields] or self.fields))
        """What rows of one run have in common of which one replaces the other."""
        self._values = attrgetter(*self.fields)
        self._read: dict[str, Callable[[Any], object]] = {
            field.name: bool for field in msgspec.structs.fields(kind) if field.type is bool
        } | (read or {})

    def newest(self, rows: Sequence[T]) -> Sequence[T]:
        """Return the rows of one run and transaction that count: of one key the one that would be left in the end."""
        if self._manner == "once" or len(rows) == 1:
            return rows
        by_key: dict[Any, T] = {}
        for row in rows:
            before = by_key.setdefault(self.key(row), row)
            if self._manner == "replace" or row.revision >= before.revision:  # type: ignore[attr-defined]  # it is what the manner is about
                by_key[self.key(row)] = row
        return [*by_key.values()]

    def parameters(self, node_id: str, run_id: str, rows: Iterable[T]) -> Iterable[tuple[object, ...]]:
        """Return the values for `upsert`, made one row at a time while the database takes them."""
        written = _WRITTEN.get
        for row in rows:
            yield (
                node_id,
                run_id,
                *[value if (write := written(type(value))) is None else write(value) for value in self._values(row)],
            )

    def row(self, values: Sequence[Any]) -> T:
        """Return a row from the values of `columns`.

        Raises:
            msgspec.ValidationError: If the file holds what no row can have.
        """
        named = dict(zip(self.fields, values, strict=True))
        for name, read in self._read.items():
            named[name] = read(named[name])
        return msgspec.convert(named, self.kind)


def _upsert(name: str, fields: Sequence[str], key: Sequence[str], manner: Manner) -> str:
    columns = ("node_id", "run_id", *fields)
    insert = f"INSERT INTO {name} ({', '.join(columns)}) VALUES ({', '.join('?' * len(columns))})"  # noqa: S608  # our own names
    conflict = f"{insert} ON CONFLICT ({', '.join(key)}) DO"
    if manner == "once":
        return f"{conflict} NOTHING"
    fixed = {*key, "run_id"} if manner == "newest" else set(key)  # an order stays in the run that it began in
    changed = ", ".join(f"{column} = excluded.{column}" for column in columns if column not in fixed)
    newer = f" WHERE excluded.revision >= {name}.revision" if manner == "newest" else ""
    return f"{conflict} UPDATE SET {changed}{newer}"


ORDERS = Table(
    "orders",
    OrderRow,
    key=("order_id",),
    manner="newest",
    time="ts_created",
    read={"linked_order_ids": msgspec.json.decode},
)
FILLS = Table("fills", FillRow, key=("node_id", "account_id", "instrument_id", "fill_id", "order_id"), manner="once")
CASH = Table("cash", CashRow, key=("run_id", "account_id", "cash_id"), manner="once")
POSITIONS = Table("positions", PositionRow, key=("run_id", "account_id", "instrument_id"), manner="replace")
BALANCES = Table("balances", BalanceRow, key=("run_id", "account_id", "currency"), manner="replace")
EQUITY = Table("equity", EquityRow, key=("run_id", "account_id", "ts"), manner="replace")
ALERTS = Table("alerts", AlertRow, key=("node_id", "user_id", "alert_id"), manner="replace")
TRADERS = Table(
    "traders",
    TraderRow,
    key=("node_id", "user_id"),
    manner="replace",
    read={"limits": msgspec.json.decode, "ceilings": msgspec.json.decode, "screening": msgspec.json.decode},
)
STRATEGIES = Table(
    "strategies", StrategyRow, key=("node_id", "user_id", "name"), manner="replace", read={"section": str.encode}
)
RUNS = Table("runs", RunRow, key=("run_id",), manner="once", time="began_ns")
NODE = Table("node", NodeRow, key=("node_id", "name"), manner="replace")

_LISTS = msgspec.json.decode
USERS = Table(
    "users",
    UserRow,
    key=("node_id", "user_id"),
    manner="replace",
    time="created_ms",
    read={"roles": _LISTS, "profile": _LISTS},
)
SESSIONS = Table("sessions", SessionRow, key=("node_id", "session_id"), manner="replace", time="created_ms")
FACTORS = Table(
    "factors",
    FactorRow,
    key=("node_id", "factor_id"),
    manner="replace",
    time="created_ms",
    read={"recovery": _LISTS},
)
API_KEYS = Table(
    "api_keys",
    ApiKeyRow,
    key=("node_id", "key_id"),
    manner="replace",
    time="created_ms",
    read={"scopes": _LISTS},
)
SIGNING_KEYS = Table("signing_keys", SigningKeyRow, key=("node_id", "kid"), manner="replace", time="created_ms")
DATA_KEYS = Table("data_keys", DataKeyRow, key=("node_id", "owner"), manner="replace")
THROTTLES = Table("throttles", ThrottleRow, key=("node_id", "key"), manner="replace", time="first_ms")

BOOKS = (ORDERS, FILLS, CASH, POSITIONS, BALANCES, EQUITY, ALERTS, TRADERS, STRATEGIES, NODE, RUNS)
PEOPLE = (USERS, SESSIONS, FACTORS, API_KEYS, SIGNING_KEYS, DATA_KEYS, THROTTLES)

OWNED = (ORDERS, FILLS, CASH, POSITIONS, BALANCES, EQUITY, ALERTS, TRADERS, STRATEGIES)
"""What a user has."""

TABLES: dict[type, Table[Any]] = {table.kind: table for table in (*BOOKS, *PEOPLE)}
"""By kind of row; audit rows are chained (`actors/store/audit.py`)."""
