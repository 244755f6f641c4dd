"""The bars of a training, read in its own process from what the configuration calls the market."""

import hashlib
from bisect import bisect_left
from pathlib import Path

import numpy as np
from msgspec import Struct

from actors.market import Instrument, Interval, interval_of
from actors.signal.session import Session
from actors.signal.training.dataset import Bars
from adapters.replay.reader import read_recording
from adapters.replay.recording import Recording, Rows
from adapters.sim.feed import SimFeed
from config.errors import ConfigError, UnknownInstrumentError
from node.training.job import Given, TrainingJob

_EVER = 2**62


class _Found(Struct, frozen=True, kw_only=True):
    """Bars in exact units, and what these units are."""

    rows: Rows
    price: float
    """So many units are a price of 1."""
    size: float
    fee: float
    source: str
    """For people."""


def bars_of(job: TrainingJob) -> Bars:
    """Return what a job learns from.

    Raises:
        MarketDataError: If a file cannot be trusted.
        ConfigError: If the configuration contradicts itself, or has no such instrument.
    """
    interval = interval_of(job.wish.section.interval)
    read = _recorded if job.market == "replay" else _simulated
    found = read(job, job.instrument_id, interval) if job.given is None else _sent(job.given)
    rows = found.rows.part(max(0, len(found.rows) - job.wish.section.max_bars), len(found.rows))
    if not len(rows):
        raise ConfigError(f"{found.source}: has no bars of {interval.name}")
    reference: tuple[tuple[int, float], ...] = ()
    if job.reference is not None:
        other = read(job, job.reference, interval)
        prices = other.rows.close / other.price
        reference = tuple(zip(other.rows.ts.tolist(), prices.tolist(), strict=True))
    price = found.price
    return Bars(
        instrument_id=job.instrument_id,
        interval=interval,
        ts=rows.ts,
        open=rows.open / price,
        high=rows.high / price,
        low=rows.low / price,
        close=rows.close / price,
        volume=rows.volume / found.size,
        source=found.source,
        sha256=_digest(rows, reference),
        fee=found.fee,
        session=None if job.session is None else Session.from_text(job.session),
        reference=reference,
    )


def _sent(given: Given) -> _Found:
    columns = np.array(given.rows, np.int64).reshape(-1, 6).T
    rows = Rows(*(np.ascontiguousarray(column) for column in columns))
    price, size = 10.0**given.price_precision, 10.0**given.size_precision
    return _Found(rows=rows, price=price, size=size, fee=given.fee, source="candles that were sent")


def _of(instrument: Instrument, rows: Rows, source: str) -> _Found:
    price, size = 10.0**instrument.price_precision, 10.0**instrument.size_precision
    return _Found(rows=rows, price=price, size=size, fee=max(0.0, float(instrument.taker_fee)), source=source)


def _recorded(job: TrainingJob, name: str, interval: Interval) -> _Found:
    spec = job.replay.instruments.get(name)
    if spec is None:
        raise UnknownInstrumentError(f"unknown instrument {name[:60]!r}, there are {', '.join(job.replay.instruments)}")
    recording = read_recording(name, spec, Path(job.base_dir))
    if not recording.can_give(interval):
        own = "" if recording.interval is None else recording.interval.name
        raise ConfigError(f"training.interval: {recording.file} has bars of {own}, none of {interval.name}")
    rows = _whole(recording, interval)
    begin, end = (bisect_left(rows.ts, ts) for ts in (job.begin_ns, interval.floor(job.end_ns)))
    part = rows.part(begin, max(begin, end)) if job.end_ns else rows
    return _of(recording.instrument, part, recording.file)


def _whole(recording: Recording, interval: Interval) -> Rows:
    """Return the bars of an interval without those that the recording begins or ends within."""
    rows = recording.rows.joined(interval)
    first = int(recording.begins_within(interval))
    last = len(rows) - int(interval.close(int(rows.ts[-1])) > int(recording.times[-1]))
    return rows.part(first, max(first, last))


def _simulated(job: TrainingJob, name: str, interval: Interval) -> _Found:
    feed = SimFeed(job.sim, job.first_start_ns, job.end_ns)
    begin, end = interval.ceil(max(job.begin_ns, feed.begin_ns)), interval.floor(job.end_ns)
    if name not in feed.instruments:
        raise UnknownInstrumentError(f"unknown instrument {name[:60]!r}, there are {', '.join(feed.instruments)}")
    bars = feed.history(name, interval.name, begin, end, _EVER)
    columns = np.array([(row.ts_open, row.open, row.high, row.low, row.close, row.volume) for row in bars], np.int64)
    rows = Rows(*(np.ascontiguousarray(column) for column in columns.reshape(-1, 6).T))
    return _of(feed.instruments[name], rows, f"simulator, seed {job.sim.seed}")


def _digest(rows: Rows, reference: tuple[tuple[int, float], ...]) -> str:
    found = hashlib.sha256()
    for column in (rows.ts, rows.open, rows.high, rows.low, rows.close, rows.volume):
        found.update(column.astype("<i8").tobytes())
    found.update(np.array(reference, dtype="<f8").tobytes())
    return found.hexdigest()
