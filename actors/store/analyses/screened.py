"""Judged orders in the file of analyses: how they are found again and summed."""

import sqlite3
from collections.abc import Iterable, Iterator, Sequence
from typing import Any

import msgspec

from actors.market import DAY_NS
from actors.ports.order_outcomes import SOURCE, KeptOrder, OrderOutcome, OrderSpan, OrderTally, ScreenedOrder
from actors.store.analyses.store import AnalysisStore

_KEPT = ", ".join(KeptOrder.__struct_fields__)
_IS_RIGHT = "(probability >= threshold) = won"
_IS_SENT = "recommendation = 'EXECUTE'"


class ScreenedStore:
    """Kept orders over the store of analyses, which owns file and threads."""

    def __init__(self, store: AnalysisStore) -> None:
        self._store = store

    @property
    def trouble(self) -> str | None:
        """Why nothing can be written at the moment; None when all is well."""
        return self._store.trouble

    def put(self, rows: Iterable[ScreenedOrder | OrderOutcome]) -> None:
        """Have rows written; returns at once."""
        self._store.put(*rows)

    async def settled(self) -> None:
        """Return when all that is here now has been written, or could not be."""
        await self._store.settled()

    async def find(self, key: str, owner: str) -> KeptOrder | None:
        """Return one's own order, or one of the source, by its prediction's id, else the newest of its own id.

        Raises:
            StoreUnavailableError: If the file cannot be read.
        """
        return await self._store.ask(lambda connection: _found(connection, key, owner))

    async def orders(self, span: OrderSpan, limit: int, skip: int = 0) -> tuple[list[KeptOrder], bool]:
        """Return orders with outcomes, the newest first, after leaving out `skip`, and whether there are older ones.

        Raises:
            StoreUnavailableError: If the file cannot be read.
        """
        where, values = _where(span)
        question = (
            f"SELECT {_KEPT} FROM screened WHERE won IS NOT NULL AND {where} ORDER BY ts DESC, id DESC LIMIT ? OFFSET ?"  # noqa: S608  # likewise
        )
        found = await self._store.ask(
            lambda connection: connection.execute(question, (*values, limit + 1, skip)).fetchall()
        )
        return [_kept(row) for row in found[:limit]], len(found) > limit

    async def right(self) -> Sequence[tuple[str, int, int]]:
        """Return of each strategy how many predictions came out, and how many of them as they were told.

        Raises:
            StoreUnavailableError: If the file cannot be read.
        """
        question = (
            f"SELECT strategy, count(*), sum({_IS_RIGHT}) FROM screened"  # noqa: S608  # our own names
            " WHERE won IS NOT NULL AND probability IS NOT NULL GROUP BY strategy"
        )
        return await self._store.ask(lambda connection: connection.execute(question).fetchall())

    async def tallies(self, span: OrderSpan) -> list[OrderTally]:
        """Return sums by strategy, symbol and state.

        Raises:
            StoreUnavailableError: If the file cannot be read.
        """
        where, values = _where(span)
        question = f"""
            SELECT strategy, symbol,
                CASE WHEN won IS NULL THEN 'open' WHEN probability IS NULL THEN 'abstained' ELSE 'known' END AS state,
                count(*), coalesce(sum({_IS_RIGHT}), 0), coalesce(sum(won), 0), coalesce(sum({_IS_SENT}), 0),
                coalesce(sum(({_IS_SENT}) * won), 0), coalesce(sum((probability - won) * (probability - won)), 0.0),
                count(profit), coalesce(sum(profit), 0.0), coalesce(sum(({_IS_SENT}) * profit), 0.0),
                count(DISTINCT ts / {DAY_NS})
            FROM screened WHERE {where} GROUP BY strategy, symbol, state ORDER BY strategy, symbol, state
        """  # noqa: S608  # likewise
        found = await self._store.ask(lambda connection: connection.execute(question, values).fetchall())
        named = [dict(zip(OrderTally.__struct_fields__, row, strict=True)) for row in found]
        return [msgspec.convert(one, OrderTally) for one in named]


def _found(connection: sqlite3.Connection, key: str, owner: str) -> KeptOrder | None:
    """Return an order by one index after the other: asked together they would be no use."""
    by_prediction = f"SELECT {_KEPT} FROM screened WHERE prediction_id = ? AND owner IN (?, ?)"  # noqa: S608  # our own names
    by_order = f"SELECT {_KEPT} FROM screened WHERE owner = ? AND order_id = ? ORDER BY id DESC LIMIT 1"  # noqa: S608  # likewise
    row = connection.execute(by_prediction, (key, owner, SOURCE)).fetchone()
    for whose in (owner, SOURCE):
        row = row or connection.execute(by_order, (whose, key)).fetchone()
    return None if row is None else _kept(row)


def learnable(connection: sqlite3.Connection, most: int) -> Iterator[KeptOrder]:
    """Yield the orders that a model can learn from, oldest first.

    Raises:
        sqlite3.Error: If they cannot be read.
    """
    question = f"SELECT {_KEPT} FROM screened WHERE won IS NOT NULL AND learnable ORDER BY ts, id LIMIT ?"  # noqa: S608  # our own names
    for row in connection.execute(question, (most,)):
        yield _kept(row)


def _kept(row: tuple[Any, ...]) -> KeptOrder:
    named = dict(zip(KeptOrder.__struct_fields__, row, strict=True))
    named["fields"] = msgspec.json.decode(named["fields"])
    return msgspec.convert(named, KeptOrder, strict=False)


def _where(span: OrderSpan) -> tuple[str, list[object]]:
    parts: list[str] = ["1"]
    values: list[object] = []
    wanted = (
        ("symbol = ?", span.symbol),
        ("strategy = ?", span.strategy),
        ("ts >= ?", span.start),
        ("ts < ?", span.end),
    )
    for text, value in wanted:
        if value is not None:
            parts.append(text)
            values.append(value)
    if span.owners is not None:
        # the sign keeps the index of owners out: time is the better one
        parts.append(f"+owner IN ({', '.join('?' * len(span.owners))})")
        values += span.owners
    return " AND ".join(parts), values
