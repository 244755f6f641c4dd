"""What the journal costs the loop, how much it takes for long, and how long an intent waits for the disk.

The floors are of the same run: the same rows by `executemany` alone, and the disk's own fdatasync.
"""

import asyncio
import os
import statistics
import time
from decimal import Decimal

import pytest
import structlog

from actors.store.journal import SqliteJournal
from actors.store.opening import open_writer
from actors.store.runs import identity
from actors.store.tables import ORDERS
from tests.journal_rows import order

pytestmark = pytest.mark.bench
EVENTS = 100_000
RATE = 20_000
"""Order events a second that must be kept up with."""
PIECE = 20
"""Events that come in one turn of the loop."""
STATES = ("submitted", "accepted", "partially_filled", "filled")
LOOP_US, INTENTS = 5.0, 400


@pytest.fixture(autouse=True)
def quiet():
    with structlog.testing.capture_logs():
        yield


def events(count):
    """Return order rows as they come: orders in four states each, a hundred of them at a time side by side."""
    rows = []
    for start in range(0, count // len(STATES), 100):
        for revision, status in enumerate(STATES):
            for number in range(start, start + 100):
                filled = Decimal("0.5") * revision
                rows.append(
                    order(number, status=status, revision=revision, filled_quantity=filled, ts_updated=revision)
                )
    return rows[:count]


def floor_s(path, rows):
    """Return the seconds a row takes without any of our parts but its values: no thread, no outbox."""
    connection = open_writer(path)
    for name in ("inserted", "updated"):
        connection.execute(f"DROP TRIGGER orders_{name}")
    run_id = identity(connection, "floor").run_id
    values = list(ORDERS.parameters("floor", run_id, rows))
    began = time.perf_counter()
    for at in range(0, len(values), 1_000):
        connection.execute("BEGIN IMMEDIATE")
        connection.executemany(ORDERS.upsert, values[at : at + 1_000])
        connection.execute("COMMIT")
    took = time.perf_counter() - began
    connection.close()
    return took / len(rows)


def disk_ms(path):
    """Return what the disk's own fdatasync takes, sorted, in milliseconds."""
    times = []
    with path.open("wb") as file:
        for _ in range(INTENTS):
            file.write(bytes(4096))
            file.flush()
            began = time.perf_counter()
            os.fdatasync(file.fileno())
            times.append(1e3 * (time.perf_counter() - began))
    return sorted(times)


def median_and_p99(values):
    return f"median {statistics.median(values):.2f}, p99 {sorted(values)[int(0.99 * len(values))]:.2f}"


async def test_an_order_event_costs_the_loop_microseconds(tmp_path):
    journal = SqliteJournal.open(tmp_path / "journal.db", "bench")
    rows, told = events(20_000), []
    said = lambda: told.append(None)  # noqa: E731  # the cheapest listener there is
    costs = []
    for at in range(0, len(rows), PIECE):
        began = time.perf_counter()
        for row in rows[at : at + PIECE]:
            journal.write(row, told=said)
        costs.append(1e6 * (time.perf_counter() - began) / PIECE)
        await asyncio.sleep(0.001)
    await journal.settled()
    await journal.close()
    thread_us = await acknowledgement_us()
    total = statistics.median(costs) + thread_us
    print(
        f"\nan order event costs the loop {total:.2f} us: queued {statistics.median(costs):.2f}, told {thread_us:.2f}"
    )
    assert len(told) == len(rows)
    assert total <= LOOP_US


async def acknowledgement_us():
    """Return what telling costs the loop for one work, wake-up included, by calling it alone."""
    from actors.store.work import Acknowledgements, Work

    told = []
    acknowledgements = Acknowledgements(asyncio.get_running_loop())
    works = [Work((), "", lambda: told.append(None)) for _ in range(10_000)]
    began = time.perf_counter()
    for at in range(0, len(works), PIECE):
        acknowledgements.extend(works[at : at + PIECE])
    while len(told) < len(works):  # noqa: ASYNC110  # it is turns of the loop that are counted
        await asyncio.sleep(0)
    return 1e6 * (time.perf_counter() - began) / len(works)


async def flat_out(path, rows):
    """Return how many events a second are written when they come all at once."""
    journal = SqliteJournal.open(path, "bench")
    began = time.perf_counter()
    for row in rows:
        journal.write(row)
    await journal.settled()
    took = time.perf_counter() - began
    await journal.close()
    return len(rows) / took


async def at_rate(path, rows):
    """Send events at `RATE`; return how many a second came, how long after the last all were written, most waiting."""
    journal = SqliteJournal.open(path, "bench")
    deepest, began = 0, time.perf_counter()
    for at in range(0, len(rows), PIECE):
        for row in rows[at : at + PIECE]:
            journal.write(row)
        deepest = max(deepest, journal.queued)
        await asyncio.sleep(max(0.0, began + (at + PIECE) / RATE - time.perf_counter()))
    sent = time.perf_counter() - began
    await journal.settled()
    late = time.perf_counter() - began - sent
    await journal.close()
    return len(rows) / sent, late, deepest


async def test_twenty_thousand_order_events_a_second_are_kept_up_with(tmp_path):
    rows = events(EVENTS)
    floor = 1 / floor_s(tmp_path / "floor.db", rows)
    sent, late, deepest = await at_rate(tmp_path / "rate.db", rows)
    together = await flat_out(tmp_path / "together.db", rows)
    distinct = await flat_out(tmp_path / "distinct.db", [order(number) for number in range(EVENTS // 4)])
    print(
        f"\n{EVENTS:,} events at {sent:,.0f}/s: at most {deepest:,} wait, the last is written {late:.2f} s later; "
        f"at once {together:,.0f}/s, all of them new orders {distinct:,.0f}/s; executemany alone {floor:,.0f}/s"
    )
    assert sent >= 0.95 * RATE
    assert late < 1.0
    assert together >= RATE
    assert distinct >= 0.3 * floor


async def test_an_intent_waits_for_the_disk_and_little_else(tmp_path):
    journal = SqliteJournal.open(tmp_path / "journal.db", "bench")
    times = []
    for row in events(INTENTS):
        began = time.perf_counter()
        await journal.durable(row)
        times.append(1e3 * (time.perf_counter() - began))
    await journal.close()
    print(f"\nan intent, ms: {median_and_p99(times)}; fdatasync alone: {median_and_p99(disk_ms(tmp_path / 'disk'))}")
    assert len(times) == INTENTS
