"""Recorded files for tests: small ones made here, and real ones where they are."""

from pathlib import Path

import pytest

from adapters.replay.feed import ReplayFeed
from adapters.replay.reader import read_recording
from config.recorded import ReplayColumns, ReplayInstrument, ReplaySection

NAME = "BTC-USDT.REPLAY"
HEADER = "timestamp,open,high,low,close,volume"
MINUTE = 60_000_000_000
BEGIN = 1_640_995_200_000_000_000  # 2022-01-01T00:00:00Z, a Saturday
REAL = Path(__file__).parents[2] / "shared" / "data"
real_files = pytest.mark.skipif(not REAL.is_dir(), reason=f"{REAL} with the real recordings is not here")


def spec(**changes) -> ReplayInstrument:
    """Return what a configuration says of a file of 1-minute bars with 2 places of price and 3 of size."""
    given = {"file": "bars.csv", "base": "BTC", "price_precision": 2, "size_precision": 3}
    return ReplayInstrument(**{**given, "maker_fee": "0.0008", "taker_fee": "0.001", **changes})


def read(path: Path, **changes):
    """Return the recording of one file."""
    return read_recording(NAME, spec(file=path.name, **changes), path.parent)


def csv_of(folder: Path, *rows: str, header: str = HEADER, name: str = "bars.csv") -> Path:
    """Write a CSV and return its path."""
    path = folder / name
    path.write_text("\n".join([header, *rows]) + "\n")
    return path


def minutes(count: int, *, price: int = 100, skip: tuple[int, ...] = ()) -> list[str]:
    """Return rows of a market that climbs 0.01 a minute from 2022-01-01, without the minutes to skip."""
    rows = []
    for number in range(count):
        if number not in skip:
            stamp = f"2022-01-{1 + number // 1440:02}T{number // 60 % 24:02}:{number % 60:02}:00Z"
            low = price * 100 + number
            cents = [low, low + 7, low - 3, low + 1]
            rows.append(",".join([stamp, *(f"{value / 100:.2f}" for value in cents), f"{number % 9 + 1}.5"]))
    return rows


def feed_of(folder: Path, *rows: str, warmup: int = 0, **changes) -> ReplayFeed:
    """Return a feed of one CSV of bars."""
    path = csv_of(folder, *rows)
    section = ReplaySection(warmup_bars=warmup, instruments={NAME: spec(file=path.name, **changes)})
    return ReplayFeed.from_config(section, folder)


def real_bars(**changes) -> ReplayInstrument:
    """Return what a configuration says of the 45,031 real bars."""
    return spec(
        file="btc-perp-20211231-20220201_1m.csv",
        kind="perpetual",
        price_precision=3,
        volume_unit="quote",
        margin_init="0.05",
        margin_maint="0.025",
        **changes,
    )


def real_pair(base: str) -> ReplayInstrument:
    """Return what a configuration says of one of the four 5-minute files."""
    return spec(
        file=f"{base}_BTC-5m.feather",
        interval="5m",
        base=base,
        quote="BTC",
        columns=ReplayColumns(ts="date"),
        price_precision=8,
        size_precision=8,
    )
