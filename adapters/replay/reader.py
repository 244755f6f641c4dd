"""Recorded files and what the configuration says of them -> a checked Recording, or one line that says why not."""

import re
from collections import defaultdict
from collections.abc import Mapping
from hashlib import sha256
from pathlib import Path

import numpy as np
import structlog
from msgspec.structs import asdict, replace

from actors.market import INTERVALS, Instrument, Interval, Side, interval_of, utc_text
from adapters.columns import Ints, closes, floors
from adapters.replay.book_reader import read_book
from adapters.replay.cells import ascending_stamps, meanings, positive, read_columns, refuse_if, texts
from adapters.replay.decimals import DecimalColumn, quotients
from adapters.replay.instruments import instrument_of
from adapters.replay.quotes import read_quotes
from adapters.replay.recording import Recording, Rows
from adapters.replay.stamps import stamps_ns
from adapters.replay.table import Table
from config.errors import ConfigError
from config.recorded import ReplayFile, ReplayInstrument

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
_MINUTE = INTERVALS["1m"]


def read_recording(instrument_id: str, spec: ReplayInstrument, base_dir: Path) -> Recording:
    """Read and check one recorded instrument.

    Args:
        instrument_id: `SYMBOL.VENUE`.
        spec: What the configuration says of its files.
        base_dir: Folder that a relative path starts from.

    Raises:
        MarketDataError: If a file cannot be trusted; the message names file, row and reason.
        ConfigError: If the configuration contradicts itself.
    """
    files, instrument = _files(instrument_id, spec), instrument_of(instrument_id, spec)
    found = [_read(instrument, files[kind][0], base_dir) for kind in ("bars", "trades") if kind in files]
    recording = found[0] if len(found) == 1 else _with_bars_before(*found)
    if "quotes" in files:
        recording = replace(recording, quotes=read_quotes(instrument, files["quotes"][0], base_dir))
    if "book" in files:
        recording = replace(recording, book=read_book(instrument, files["book"], base_dir))
    return recording


def _files(instrument_id: str, spec: ReplayInstrument) -> dict[str, list[ReplayFile]]:
    """Return the files of each kind of data."""
    where = f"replay.instruments.{instrument_id}"
    every = list(spec.files)
    if spec.file:
        every.insert(0, ReplayFile(**{name: getattr(spec, name) for name in ReplayFile.__struct_fields__}))
    files = defaultdict[str, list[ReplayFile]](list)
    for one in every:
        files[one.data].append(one)
        if one.data == "trades" and one.columns.side is not None and one.columns.buyer_is_maker is not None:
            raise ConfigError(f"{where}.columns: expected `side` or `buyer_is_maker`, found both")
    if not every:
        raise ConfigError(f"{where}: expected `file`, or `files`, found neither")
    if "bars" not in files and "trades" not in files:
        raise ConfigError(f"{where}.files: expected one of bars or of trades, found only {' and '.join(files)}")
    for kind, found in files.items():
        if kind != "book" and len(found) > 1:
            raise ConfigError(f"{where}.files: expected one file of {kind}, found {len(found)}")
    if "trades" in files and "bars" in files and files["bars"][0].interval != _MINUTE.name:
        raise ConfigError(f"{where}.files: expected bars of 1m beside trades, found {files['bars'][0].interval}")
    return files


def _read(instrument: Instrument, spec: ReplayFile, base_dir: Path) -> Recording:
    names = (*PRICES, "volume") if spec.data == "bars" else ("price", "size", "side", "buyer_is_maker", "trade_id")
    table = read_columns(spec, base_dir, ("ts", *names))
    return _bars(table, instrument, spec) if spec.data == "bars" else _trades(table, instrument, spec)


def _with_bars_before(bars: Recording, trades: Recording) -> Recording:
    """Return trades with recorded bars as the history before their first whole minute."""
    begin = _MINUTE.ceil(int(trades.rows.ts[0]))
    first = int(np.searchsorted(trades.rows.ts, begin))
    before = int(np.searchsorted(bars.rows.ts, begin))
    if first == len(trades.rows):
        raise ConfigError(f"{trades.file}: expected trades after {utc_text(begin)}, the first whole minute, found none")
    old, new = bars.rows.part(0, before), trades.rows.part(first, len(trades.rows))
    return replace(
        trades,
        file=f"{bars.file} + {trades.file}",
        sha256=sha256(f"{bars.sha256}{trades.sha256}".encode()).hexdigest(),
        rows=Rows(*(np.concatenate(pair) for pair in zip(asdict(old).values(), asdict(new).values(), strict=True))),
        times=np.concatenate((bars.times[:before], trades.times[first:])),
        bars_before=before,
        sides=None if trades.sides is None else trades.sides[first:],
        trade_ids=None if trades.trade_ids is None else trades.trade_ids[first:],
        first_number=first + 1,
    )


def _bars(table: Table, instrument: Instrument, spec: ReplayFile) -> Recording:
    interval = interval_of(spec.interval)
    price_places, size_places = instrument.price_precision, instrument.size_precision
    opens = _opens(table, stamps_ns(table, "ts", unit=spec.unit, tz=spec.tz), interval, ts_is=spec.ts_is)
    prices = {name: positive(table, name, price_places, "price_precision") for name in PRICES}
    _check_range(table, prices)
    if spec.volume_unit == "quote":
        volume = quotients(table, "volume", prices["close"], price_places, size_places)
    else:
        volume = DecimalColumn(table, "volume", size_places, "size_precision", is_sum=True).units()
    refuse_if(table, volume < 0, "volume is negative")
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


def _trades(table: Table, instrument: Instrument, spec: ReplayFile) -> Recording:
    ts = ascending_stamps(table, spec)
    price = positive(table, "price", instrument.price_precision, "price_precision")
    size = positive(table, "size", instrument.size_precision, "size_precision")
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
    refuse_if(table, steps == 0, "time stamp is that of the row before: expected one row per bar")
    refuse_if(table, steps < 0, "time stamp is earlier than the one before: expected ascending")
    opens = floors(stamps - 1, interval) if ts_is == "close" else floors(stamps, interval)
    off = (closes(opens, interval) if ts_is == "close" else opens) != stamps
    if off.any():
        index = int(off.argmax())
        seen = np.datetime_as_string(stamps[index].view("datetime64[ns]"))
        raise table.refuse(index, f"{seen} UTC is no {ts_is} of a {interval.name} bar, as `interval` and `ts_is` say")
    return opens


def _check_range(table: Table, prices: Mapping[str, Ints]) -> None:
    opened, high, low, close = (prices[name] for name in PRICES)
    refuse_if(table, high < low, "high is below low")
    refuse_if(table, (opened > high) | (opened < low), "open is outside low..high")
    refuse_if(table, (close > high) | (close < low), "close is outside low..high")


def _check_total(table: Table, volume: Ints) -> None:
    total = np.cumsum(volume, dtype=np.float64)
    refuse_if(table, total > _MAX_TOTAL, "volume is too large: all of it together does not fit 62 bits of its units")


def _sides(table: Table) -> list[Side] | None:
    if "side" in table.columns:
        return meanings(table, "side", _SIDES)
    return meanings(table, "buyer_is_maker", _BUYER_IS_MAKER) if "buyer_is_maker" in table.columns else None


def _trade_ids(table: Table) -> list[str] | None:
    if "trade_id" not in table.columns:
        return None
    seen: set[str] = set()
    found = texts(table, "trade_id")
    for index, text in enumerate(found):
        if not _TRADE_ID.fullmatch(text):
            raise table.refuse(index, f"trade_id: expected letters, digits, `_` and `-`, found {text[:40]!r}")
        if text in seen:
            raise table.refuse(index, f"trade_id {text} is there already")
        seen.add(text)
    return found


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
