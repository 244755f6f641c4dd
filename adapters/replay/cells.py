"""Columns of a recorded table as what they mean: positive units, words of a known list; anything else is refused."""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from adapters.columns import Ints
from adapters.replay.decimals import DecimalColumn
from adapters.replay.stamps import stamps_ns
from adapters.replay.table import Table, read_table
from config.recorded import ReplayFile


def read_columns(spec: ReplayFile, base_dir: Path, names: Sequence[str], **otherwise: str) -> Table:
    """Read a file's columns by our names; those that it does not have are left out, unless they are called `otherwise`.

    Raises:
        MarketDataError: If the file cannot be read, or lacks a column or a value.
    """
    columns = {
        name: otherwise.get(name) if (column := getattr(spec.columns, name)) is None else column for name in names
    }
    wanted = {name: column for name, column in columns.items() if column is not None}
    return read_table(base_dir / spec.file, wanted, has_header=spec.header, delimiter=spec.delimiter)


def refuse_if(table: Table, bad: np.ndarray[Any, np.dtype[np.bool_]], reason: str) -> None:
    """Refuse the first row that is bad.

    Raises:
        MarketDataError: If there is one; names file, row and reason.
    """
    if bad.any():
        raise table.refuse(int(bad.argmax()), reason)


def ascending_stamps(table: Table, spec: ReplayFile) -> Ints:
    """Return the time stamps, which may repeat and never go back; UNIX nanoseconds, shape (n,)."""
    ts = stamps_ns(table, "ts", unit=spec.unit, tz=spec.tz)
    refuse_if(table, np.diff(ts, prepend=ts[0]) < 0, "time stamp is earlier than the one before: expected ascending")
    return ts


def not_negative(table: Table, name: str, places: int, setting: str) -> Ints:
    """Return a column as exact units, none below zero; shape (n,)."""
    units = DecimalColumn(table, name, places, setting).units()
    refuse_if(table, units < 0, f"{name} is negative")
    return units


def positive(table: Table, name: str, places: int, setting: str) -> Ints:
    """Return a column as exact units, all above zero; shape (n,)."""
    units = not_negative(table, name, places, setting)
    refuse_if(table, units == 0, f"{name} is zero")
    return units


def texts(table: Table, name: str) -> list[str]:
    """Return a column of text or whole numbers as text."""
    cells = table.columns[name]
    if isinstance(cells, list):
        return cells
    if isinstance(cells, np.ndarray) and cells.dtype.kind == "i":
        return [str(number) for number in cells.tolist()]
    raise table.refuse(0, f"{name}: expected text or whole numbers")


def meanings[T](table: Table, name: str, known: Mapping[str, T]) -> list[T]:
    """Return what the words of a column mean, whatever their case.

    Raises:
        MarketDataError: If a word is not known.
    """
    found = []
    for index, text in enumerate(texts(table, name)):
        meaning = known.get(text.strip().lower())
        if meaning is None:
            expected = ", ".join(filter(None, known))
            raise table.refuse(index, f"{name}: expected one of {expected}, found {text[:40]!r}")
        found.append(meaning)
    return found
