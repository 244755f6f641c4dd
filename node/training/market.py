"""The bars of a training, read in its own process from what the configuration calls the market."""

import hashlib
from bisect import bisect_left
from pathlib import Path

import numpy as np

from actors.market import Instrument, Interval, interval_of
from actors.signal.session import Session
from actors.signal.training.dataset import Bars
from adapters.replay.reader import read_recording
from adapters.replay.recording import Recording, Rows
from adapters.sim.feed import SimFeed
from config.errors import ConfigError, UnknownInstrumentError
from node.training.job import TrainingJob

_EVER = 2**62


def bars_of(job: TrainingJob) -> Bars:
    """Return what a job learns from.

    Raises:
        MarketDataError: If a file cannot be trusted.
        ConfigError: If the configuration contradicts itself, or has no such instrument.
    """
    interval = interval_of(job.wish.section.interval)
    read = _recorded if job.market == "replay" else _simulated
    instrument, rows, source = read(job, job.instrument_id, interval)
    rows = rows.part(max(0, len(rows) - job.wish.section.max_bars), len(rows))
    if not len(rows):
        raise ConfigError(f"{source}: has no bars of {interval.name}")
    reference: tuple[tuple[int, float], ...] = ()
    if job.reference is not None:
        other, closes, _ = read(job, job.reference, interval)
        prices = closes.close / 10.0**other.price_precision
        reference = tuple(zip(closes.ts.tolist(), prices.tolist(), strict=True))
    price = 10.0**instrument.price_precision
    return Bars(
        instrument_id=job.instrument_id,
        interval=interval,
        ts=rows.ts,
        open=rows.open / price,
        high=rows.high / price,
        low=rows.low / price,
        close=rows.close / price,
        volume=rows.volume / 10.0**instrument.size_precision,
        source=source,
        sha256=_digest(rows, reference),
        fee=max(0.0, float(instrument.taker_fee)),
        session=None if job.session is None else Session.from_text(job.session),
        reference=reference,
    )


def _recorded(job: TrainingJob, name: str, interval: Interval) -> tuple[Instrument, Rows, str]:
    spec = job.replay.instruments.get(name)
    if spec is None:
        raise UnknownInstrumentError(f"unknown instrument {name[:60]!r}, there are {', '.join(job.replay.instruments)}")
    recording = read_recording(name, spec, Path(job.base_dir))
    if not recording.can_give(interval):
        own = "" if recording.interval is None else recording.interval.name
        raise ConfigError(f"training.interval: {recording.file} has bars of {own}, none of {interval.name}")
    rows = _whole(recording, interval)
    begin, end = (bisect_left(rows.ts, ts) for ts in (job.begin_ns, interval.floor(job.end_ns)))
    return recording.instrument, rows.part(begin, max(begin, end)) if job.end_ns else rows, recording.file


def _whole(recording: Recording, interval: Interval) -> Rows:
    """Return the bars of an interval without those that the recording begins or ends within."""
    rows = recording.rows.joined(interval)
    first = int(recording.begins_within(interval))
    last = len(rows) - int(interval.close(int(rows.ts[-1])) > int(recording.times[-1]))
    return rows.part(first, max(first, last))


def _simulated(job: TrainingJob, name: str, interval: Interval) -> tuple[Instrument, Rows, str]:
    feed = SimFeed(job.sim, job.first_start_ns, job.end_ns)
    begin, end = interval.ceil(max(job.begin_ns, feed.begin_ns)), interval.floor(job.end_ns)
    if name not in feed.instruments:
        raise UnknownInstrumentError(f"unknown instrument {name[:60]!r}, there are {', '.join(feed.instruments)}")
    bars = feed.history(name, interval.name, begin, end, _EVER)
    columns = np.array([(row.ts_open, row.open, row.high, row.low, row.close, row.volume) for row in bars], np.int64)
    rows = Rows(*(np.ascontiguousarray(column) for column in columns.reshape(-1, 6).T))
    return feed.instruments[name], rows, f"simulator, seed {job.sim.seed}"


def _digest(rows: Rows, reference: tuple[tuple[int, float], ...]) -> str:
    found = hashlib.sha256()
    for column in (rows.ts, rows.open, rows.high, rows.low, rows.close, rows.volume):
        found.update(column.astype("<i8").tobytes())
    found.update(np.array(reference, dtype="<f8").tobytes())
    return found.hexdigest()
