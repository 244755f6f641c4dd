"""Recorded time stamps -> UNIX nanoseconds: text with or without a zone, numbers with a unit, typed stamps."""

import re
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

import numpy as np
from numpy.typing import NDArray

from actors.market import MINUTE_NS, SECOND_NS
from adapters.replay.decimals import DecimalColumn
from adapters.replay.table import Stamps, Table
from config.errors import MarketDataError

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_LOCAL_EPOCH = datetime(1970, 1, 1)  # noqa: DTZ001  # wall-clock time, before its zone is known
_PLACES = {"s": 9, "ms": 6, "us": 3, "ns": 0}
_FLOAT_PLACES = {"s": 6, "ms": 3, "us": 0}
"""A float64 of today's seconds resolves 0.2 us, not nanoseconds."""
_STEP_NS = 15 * MINUTE_NS
"""Zones change their offset on quarters of an hour."""
_STEP = timedelta(minutes=15)
_UNCLEAR = np.iinfo(np.int64).max
_FIRST_YEAR, _LAST_YEAR = 1678, 2262
_NO_UNIT = "time stamp {} is a number, so `unit` must say s, ms, us or ns"
_FRACTION = re.compile(r"(?P<head>.*:[0-9]{2})[.,](?P<digits>[0-9]+)(?P<zone>[^0-9]?.*)", re.ASCII)
_NUMBER = re.compile(r"[0-9]{9,}(\.[0-9]*)?", re.ASCII)


def stamps_ns(table: Table, name: str, *, unit: str, tz: str) -> NDArray[np.int64]:
    """Return a column of time stamps as UNIX nanoseconds, shape (n,).

    Args:
        table: Where the column is.
        name: Its name there.
        unit: `s`, `ms`, `us` or `ns` of numbers; `auto` for text and typed stamps.
        tz: Zone of stamps that carry none, for example `Europe/Berlin`.

    Raises:
        MarketDataError: If a value is no time stamp, or falls on an hour that its zone has twice or never.
    """
    cells = table.columns[name]
    if isinstance(cells, Stamps):
        found = cells.ns if cells.has_zone else _localized(table, cells.ns, tz)
    elif unit != "auto":
        found = _from_numbers(table, name, unit)
    elif isinstance(cells, list):
        found = _from_text(table, cells, tz)
    else:
        raise table.refuse(0, _NO_UNIT.format(cells[0]))
    early = found <= 0
    if early.any():
        raise table.refuse(int(early.argmax()), "time stamp is not after 1970")
    return found


def _from_numbers(table: Table, name: str, unit: str) -> NDArray[np.int64]:
    cells = table.columns[name]
    if isinstance(cells, list) or (isinstance(cells, np.ndarray) and cells.dtype.kind == "i"):
        return DecimalColumn(table, name, _PLACES[unit], "what fits nanoseconds").units()
    if unit not in _FLOAT_PLACES:
        raise table.refuse(0, "time stamps in ns do not fit a float column")
    places = _FLOAT_PLACES[unit]
    units = DecimalColumn(table, name, places, "what fits microseconds").units()
    return np.asarray(units * 10 ** (_PLACES[unit] - places), dtype=np.int64)


def _from_text(table: Table, cells: list[str], tz: str) -> NDArray[np.int64]:
    found = np.empty(len(cells), dtype=np.int64)
    has_zone = False
    for index, text in enumerate(cells):
        moment, fraction_ns = _parsed(table, index, text.strip())
        is_aware = moment.tzinfo is not None
        if index == 0:
            has_zone = is_aware
        elif is_aware is not has_zone:
            what = "has a zone" if is_aware else "has no zone"
            raise table.refuse(index, f"time stamp {text[:40]!r} {what}, unlike those before")
        gone = moment - (_EPOCH if is_aware else _LOCAL_EPOCH)
        found[index] = (gone.days * 86_400 + gone.seconds) * SECOND_NS + fraction_ns
    return found if has_zone else _localized(table, found, tz)


def _parsed(table: Table, index: int, text: str) -> tuple[datetime, int]:
    """Return the moment, and the nanoseconds beyond its second."""
    fraction = _FRACTION.fullmatch(text)
    try:
        moment = datetime.fromisoformat(fraction["head"] + fraction["zone"] if fraction else text)
    except ValueError as e:
        if _NUMBER.fullmatch(text):
            raise table.refuse(index, _NO_UNIT.format(text[:40])) from e
        raise table.refuse(index, f"expected a time stamp, found {text[:40]!r}") from e
    digits = fraction["digits"] if fraction else ""
    if digits[9:].strip("0"):
        raise table.refuse(index, f"time stamp {text[:40]!r} is finer than nanoseconds")
    if moment.year >= _LAST_YEAR:
        raise table.refuse(index, f"time stamp {text[:40]!r} is too late")
    if moment.year < _FIRST_YEAR:
        raise table.refuse(index, f"time stamp {text[:40]!r} is too early")
    return moment, int(digits[:9].ljust(9, "0")) if digits else moment.microsecond * 1_000


def _localized(table: Table, local: NDArray[np.int64], tz: str) -> NDArray[np.int64]:
    """Return UNIX nanoseconds of wall-clock times in zone `tz`."""
    try:
        zone = ZoneInfo(tz)
    except (ZoneInfoNotFoundError, ValueError, OSError) as e:
        raise MarketDataError(f"{table.file}: expected the name of a time zone in `tz`, was {tz[:40]!r}") from e
    steps, places = np.unique(local // _STEP_NS, return_inverse=True)
    found = np.array([_offset_ns(zone, int(step)) for step in steps], dtype=np.int64)[places]
    unclear = found == _UNCLEAR
    if unclear.any():
        raise table.refuse(int(unclear.argmax()), f"{tz} has this hour twice or never; record in UTC instead")
    return local - found


def _offset_ns(zone: ZoneInfo, step: int) -> int:
    local = (_LOCAL_EPOCH + step * _STEP).replace(tzinfo=zone)
    first, second = local.utcoffset(), local.replace(fold=1).utcoffset()
    return _UNCLEAR if first is None or first != second else int(first.total_seconds()) * SECOND_NS
