"""A process that sends ticks as records made before it begins: what a venue's gateway would do.

`python benchmarks/tick_source.py RATE TICKS`: prints its port, waits for one reader and for a line on stdin, sends, and
prints what it did as JSON. Tick number n is stamped n/RATE seconds after the first and sent when that time has come;
RATE 0 sends as fast as the reader takes it, with stamps a microsecond apart. Each full minute a closed bar follows.
"""

import json
import resource
import socket
import struct
import sys
import time

import numpy as np

RECORD = struct.Struct("<6q")
"""Stamp (UNIX ns), then of a trade: price, size, number, -1, 0; of a closed bar: open, high, low, close, volume."""
TRADE = -1
LEAD_S = 0.2
NAP_S = 0.001
MINUTE_NS = 60_000_000_000
MICROSECOND_NS = 1_000


def prices(count: int) -> np.ndarray:
    """Return a walk of exact prices, always positive."""
    steps = np.random.default_rng(5).integers(-3, 4, count)
    return 3_000_000 + np.abs(np.cumsum(steps))


def records(begin: int, step: int, count: int) -> tuple[np.ndarray, np.ndarray]:
    """Return the bytes' rows, shape (n, 6), and the stamps, shape (n,)."""
    ts = begin + step * np.arange(count, dtype=np.int64)
    rows = np.zeros((count, 6), dtype="<i8")
    rows[:, 0], rows[:, 1], rows[:, 2], rows[:, 3], rows[:, 4] = ts, prices(count), 10, np.arange(count), TRADE
    minutes = ts // MINUTE_NS
    ends = np.flatnonzero(np.diff(minutes)) + 1
    bars = [bar(rows[first:last]) for first, last in zip(np.r_[0, ends[:-1]], ends, strict=False)] if len(ends) else []
    return (np.insert(rows, ends, bars, axis=0), np.insert(ts, ends, [one[0] for one in bars])) if bars else (rows, ts)


def bar(trades: np.ndarray) -> list[int]:
    """Return the closed bar of a minute's trades."""
    price = trades[:, 1]
    close = (int(trades[0, 0]) // MINUTE_NS + 1) * MINUTE_NS
    return [close, int(price[0]), int(price.max()), int(price.min()), int(price[-1]), int(trades[:, 2].sum())]


def send(one: socket.socket, rate: int, count: int) -> dict[str, float]:
    """Send everything; return how it went."""
    step = 1_000_000_000 // rate if rate else MICROSECOND_NS
    begin = time.time_ns() + int(LEAD_S * 1e9)
    if not rate:
        begin -= count * step + int(LEAD_S * 1e9)
    rows, ts = records(begin, step, count)
    data, late, sent = memoryview(rows.tobytes()), [], 0
    used, started = resource.getrusage(resource.RUSAGE_SELF), time.monotonic()
    while sent < len(ts):
        now = time.time_ns()
        due = int(np.searchsorted(ts, now, "right"))
        if due == sent:
            time.sleep(NAP_S)
            continue
        one.sendall(data[sent * RECORD.size : due * RECORD.size])
        late.append((time.time_ns() - int(ts[sent])) / 1e6)
        sent = due
    took, after = time.monotonic() - started, resource.getrusage(resource.RUSAGE_SELF)
    cpu = after.ru_utime + after.ru_stime - used.ru_utime - used.ru_stime
    return {"begin": begin, "step": step, "took_s": took, "cpu_s": cpu, "late_ms": float(np.percentile(late, 99))}


def main() -> None:
    rate, count = int(sys.argv[1]), int(sys.argv[2])
    with socket.create_server(("127.0.0.1", 0)) as server:
        print(server.getsockname()[1], flush=True)
        one, _ = server.accept()
        sys.stdin.readline()
        with one:
            one.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            report = send(one, rate, count)
    print(json.dumps(report), flush=True)


if __name__ == "__main__":
    main()
