"""A recorded file and what the configuration says of it -> a checked Recording, or one line that says why not."""

import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
import structlog

from actors.market import Instrument, Interval, Side, decimal_text, interval_of, utc_text
from adapters.replay.decimals import DecimalColumn, quotients
from adapters.replay.recording import Ints, Recording, Rows, closes, floors
from adapters.replay.stamps import stamps_ns
from adapters.replay.table import Table, read_table
from config.errors import ConfigError
from config.schema import ReplayInstrument

log = structlog.get_logger(__name__)

PRICES = ("open", "high", "low", "close")
SHOWN_HOLES = 3

_MAX_TOTAL = 2.0**62
_TRADE_ID = re.compile(r"[A-Za-z0-9_-]{1,36}", re.ASCII)
_SIDES: Mapping[str, Side] = {
    **dict.fromkeys(("buy", "b", "bid", "1", "+1", "buyer"), "buy"),
    **dict.fromkeys(("sell", "s", "ask", "a", "-1", "seller"), "sell"),
    **dict.fromkeys(("", "none", "0", "unknown"), "none"),
}
_BUYER_IS_MAKER: Mapping[str, Side] = {
    **dict.fromkeys(("true", "t", "1", "yes"), "sell"),
    **dict.fromkeys(("false", "f", "0", "no"), "buy"),
}


def read_recording(instrument_id: str, spec: ReplayInstrument, base_dir: Path) -> Recording:
    """Read and check one recorded instrument.

    Args:
        instrument_id: `SYMBOL.VENUE`.
        spec: What the configuration says of its file.
        base_dir: Folder that a relative path starts from.

    Raises:
        MarketDataError: If the file cannot be trusted; the message names file, row and reason.
        ConfigError: If the configuration contradicts itself.
    """
    if spec.data == "trades" and spec.columns.side is not None and spec.columns.buyer_is_maker is not None:
        raise ConfigError(
            f"replay.instruments.{instrument_id}.columns: expected `side` or `buyer_is_maker`, found both"
        )
    table = read_table(base_dir / spec.file, _wanted(spec), has_header=spec.header, delimiter=spec.delimiter)
    instrument = _instrument(instrument_id, spec)
    return _bars(table, instrument, spec) if spec.data == "bars" else _trades(table, instrument, spec)


def _wanted(spec: ReplayInstrument) -> dict[str, str | int]:
    names = (*PRICES, "volume") if spec.data == "bars" else ("price", "size", "side", "buyer_is_maker", "trade_id")
    columns = {name: getattr(spec.columns, name) for name in ("ts", *names)}
    return {name: column for name, column in columns.items() if column is not None}


def _instrument(instrument_id: str, spec: ReplayInstrument) -> Instrument:
    symbol, _, venue = instrument_id.rpartition(".")
    return Instrument(
        instrument_id=instrument_id,
        symbol=symbol,
        venue=venue,
        kind=spec.kind,
        base_currency=spec.base,
        quote_currency=spec.quote,
        settlement_currency=spec.quote,
        price_precision=spec.price_precision,
        size_precision=spec.size_precision,
        price_increment=decimal_text(1, spec.price_precision),
        size_increment=decimal_text(1, spec.size_precision),
        min_quantity=spec.min_quantity,
        maker_fee=spec.maker_fee,
        taker_fee=spec.taker_fee,
        margin_init=spec.margin_init,
        margin_maint=spec.margin_maint,
    )


def _bars(table: Table, instrument: Instrument, spec: ReplayInstrument) -> Recording:
    interval = interval_of(spec.interval)
    opens = _opens(table, stamps_ns(table, "ts", unit=spec.unit, tz=spec.tz), interval, ts_is=spec.ts_is)
    prices = {name: _positive(table, name, spec.price_precision, "price_precision") for name in PRICES}
    _check_range(table, prices)
    if spec.volume_unit == "quote":
        volume = quotients(table, "volume", prices["close"], spec.price_precision, spec.size_precision)
    else:
        volume = DecimalColumn(table, "volume", spec.size_precision, "size_precision", is_sum=True).units()
    _refuse_if(table, volume < 0, "volume is negative")
    _check_total(table, volume)
    times = closes(opens, interval)
    _report_holes(instrument.instrument_id, spec.file, opens, times, interval)
    return Recording(
        instrument=instrument,
        file=spec.file,
        sha256=table.sha256,
        interval=interval,
        rows=Rows(opens, prices["open"], prices["high"], prices["low"], prices["close"], volume),
        times=times,
    )


def _trades(table: Table, instrument: Instrument, spec: ReplayInstrument) -> Recording:
    ts = stamps_ns(table, "ts", unit=spec.unit, tz=spec.tz)
    _refuse_if(table, np.diff(ts, prepend=ts[0]) < 0, "time stamp is earlier than the one before: expected ascending")
    price = _positive(table, "price", spec.price_precision, "price_precision")
    size = _positive(table, "size", spec.size_precision, "size_precision")
    _check_total(table, size)
    return Recording(
        instrument=instrument,
        file=spec.file,
        sha256=table.sha256,
        interval=None,
        rows=Rows(ts, price, price, price, price, size),
        times=ts,
        sides=_sides(table),
        trade_ids=_trade_ids(table),
    )


def _opens(table: Table, stamps: Ints, interval: Interval, *, ts_is: str) -> Ints:
    steps = np.diff(stamps, prepend=stamps[0] - 1)
    _refuse_if(table, steps == 0, "time stamp is that of the row before: expected one row per bar")
    _refuse_if(table, steps < 0, "time stamp is earlier than the one before: expected ascending")
    opens = floors(stamps - 1, interval) if ts_is == "close" else floors(stamps, interval)
    off = (closes(opens, interval) if ts_is == "close" else opens) != stamps
    if off.any():
        index = int(off.argmax())
        seen = np.datetime_as_string(stamps[index].view("datetime64[ns]"))
        raise table.refuse(index, f"{seen} UTC is no {ts_is} of a {interval.name} bar, as `interval` and `ts_is` say")
    return opens


def _positive(table: Table, name: str, places: int, setting: str) -> Ints:
    units = DecimalColumn(table, name, places, setting).units()
    _refuse_if(table, units < 0, f"{name} is negative")
    _refuse_if(table, units == 0, f"{name} is zero")
    return units


def _check_range(table: Table, prices: Mapping[str, Ints]) -> None:
    opened, high, low, close = (prices[name] for name in PRICES)
    _refuse_if(table, high < low, "high is below low")
    _refuse_if(table, (opened > high) | (opened < low), "open is outside low..high")
    _refuse_if(table, (close > high) | (close < low), "close is outside low..high")


def _check_total(table: Table, volume: Ints) -> None:
    total = np.cumsum(volume, dtype=np.float64)
    _refuse_if(table, total > _MAX_TOTAL, "volume is too large: all of it together does not fit 62 bits of its units")


def _refuse_if(table: Table, bad: np.ndarray[Any, np.dtype[np.bool_]], reason: str) -> None:
    if bad.any():
        raise table.refuse(int(bad.argmax()), reason)


def _sides(table: Table) -> list[Side] | None:
    for name, known in (("side", _SIDES), ("buyer_is_maker", _BUYER_IS_MAKER)):
        if name not in table.columns:
            continue
        found = []
        for index, text in enumerate(_texts(table, name)):
            side = known.get(text.strip().lower())
            if side is None:
                raise table.refuse(
                    index, f"{name}: expected one of {', '.join(filter(None, known))}, found {text[:40]!r}"
                )
            found.append(side)
        return found
    return None


def _trade_ids(table: Table) -> list[str] | None:
    if "trade_id" not in table.columns:
        return None
    seen: set[str] = set()
    texts = _texts(table, "trade_id")
    for index, text in enumerate(texts):
        if not _TRADE_ID.fullmatch(text):
            raise table.refuse(index, f"trade_id: expected letters, digits, `_` and `-`, found {text[:40]!r}")
        if text in seen:
            raise table.refuse(index, f"trade_id {text} is there already")
        seen.add(text)
    return texts


def _texts(table: Table, name: str) -> list[str]:
    cells = table.columns[name]
    if isinstance(cells, list):
        return cells
    if isinstance(cells, np.ndarray) and cells.dtype.kind == "i":
        return [str(number) for number in cells.tolist()]
    raise table.refuse(0, f"{name}: expected text or whole numbers")


def _report_holes(instrument_id: str, file: str, opens: Ints, times: Ints, interval: Interval) -> None:
    """Log the missing spans; they stay holes."""
    before = np.flatnonzero(opens[1:] > times[:-1])
    if not len(before):
        return
    missing = int(((opens[before + 1] - times[before]) // interval.duration_ns).sum())
    first = [f"{utc_text(int(times[at]))}..{utc_text(int(opens[at + 1]))}" for at in before[:SHOWN_HOLES]]
    log.warning(
        "recording_has_holes",
        instrument_id=instrument_id,
        file=file,
        holes=len(before),
        missing_bars=missing,
        first=first,
    )
