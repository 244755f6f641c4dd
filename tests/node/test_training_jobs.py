"""Trainings on a running node, with the real process on little data: what is kept, told, refused and cancelled."""

import asyncio
import json
import random
import threading
from pathlib import Path

import msgspec
import pytest
from msgspec import structs

from actors.buffer.store import Buffer
from actors.market import DAY_NS, MINUTE_NS, BarRow
from actors.ports import AuditRow
from actors.ports.jobs import NODE, TrainingWish
from actors.signal.models.registry import ModelRegistry
from actors.signal.training.least import least_bars
from config.errors import ConflictError, IdempotencyConflictError, StoreUnavailableError, UnknownInstrumentError
from config.load import base_dir, load_config
from node.market import open_market
from node.training.job import TrainingJob
from node.training.job_file import FILE_NAME, MOST_EACH, JobFile, newest
from node.training.jobs import TrainingJobs
from node.training.market import bars_of
from node.training.wanted import wanted_job

CONFIG = Path(__file__).parents[2] / "config" / "train.toml"
SMALL = ["training.gbt.trees=4", "training.folds=2", "training.first=0.5", "training.nice=0", "training.max_bars=1200"]
NAME = "BTC-USDT.REPLAY"
WISH = TrainingWish(instrument_id=NAME, interval="1m", model="gbt", days=None, seed=7, promote=True)
LONG_S = 120.0


class Rows:
    """Hears what is written to the journal."""

    def __init__(self):
        self.rows = []

    def write(self, *rows, told=None):
        self.rows += rows


class Heard:
    """A listener that keeps what it is told, and wakes who waits for a stage."""

    def __init__(self):
        self.rows, self.stage = [], asyncio.Event()

    def job(self, row):
        self.rows.append(row)
        if row.stage == "folds":
            self.stage.set()


def opened(folder, *settings):
    config = load_config(CONFIG, overrides=[*SMALL, f"node.state_dir={folder}", *settings], environ={})
    market = open_market(config, base_dir(CONFIG), folder, on_end=lambda _: None, on_fault=lambda _: None)
    return config, market


def jobs_in(folder, *settings):
    config, market = opened(folder, *settings)
    if market.tape is not None:
        market.tape.seek(market.tape.end_ns)
    bars = Buffer(config.buffer, market.feed.instruments, market.feed.native_interval)
    spawn = asyncio.get_running_loop().create_task
    jobs = TrainingJobs(config, base_dir(CONFIG), market, bars, journal=Rows(), spawn=spawn)
    jobs.listener = Heard()
    return jobs


async def test_a_job_trains_tells_and_outlives_the_process(tmp_path):
    jobs = jobs_in(tmp_path)
    begun = await jobs.start(WISH, owner="anna", key="k-1")
    same = await jobs.start(WISH, owner="anna", key="k-1")
    with pytest.raises(ConflictError, match="under way"):
        await jobs.start(WISH, owner="bob")
    with pytest.raises(IdempotencyConflictError):
        await jobs.start(structs.replace(WISH, seed=8), owner="anna", key="k-1")
    await jobs.ended(begun.job_id, LONG_S)
    row, told = jobs.job(begun.job_id, "anna"), jobs.listener.rows
    models = ModelRegistry(tmp_path / "models")

    assert same == begun
    assert (row.state, row.error) == ("finished", "")
    assert models.get(row.model_id).instrument_id == NAME
    assert (models.current(NAME, "1m", "gbt") is not None) == row.is_promoted
    assert told[0] == begun
    assert told[-1] == row
    assert {"start", "bars", "folds"} <= {one.stage for one in told}
    actions = [(one.actor, one.action) for one in jobs._journal.rows if isinstance(one, AuditRow)]
    assert actions[0] == ("anna", "job.start")
    assert (("anna", "model.promote") in actions) == row.is_promoted
    assert jobs_in(tmp_path).jobs() == [row]


async def test_a_cancelled_job_leaves_nothing_and_the_next_one_may_begin(tmp_path):
    jobs = jobs_in(tmp_path, "training.gbt.trees=2000")
    begun = await jobs.start(WISH, owner="anna")
    await asyncio.wait_for(jobs.listener.stage.wait(), LONG_S)
    ended, _ = await asyncio.gather(*(jobs.cancel(begun.job_id, "anna", actor="anna") for _ in range(2)))
    again = await jobs.cancel(begun.job_id, "anna", actor="anna")
    at_once = await jobs.start(WISH, owner="bob")
    never = await jobs.cancel(at_once.job_id, actor="root")

    assert (ended.state, again, never.state) == ("cancelled", ended, "cancelled")
    assert ModelRegistry(tmp_path / "models").models() == []
    assert [one.state for one in jobs_in(tmp_path).jobs()] == ["cancelled", "cancelled"]
    cancels = [one.actor for one in jobs._journal.rows if one.action == "job.cancel"]
    assert cancels == ["anna", "root"]


async def test_one_that_is_still_being_written_down_is_cancelled_too(tmp_path):
    jobs, may_write = jobs_in(tmp_path), threading.Event()
    save = jobs._file.save
    jobs._file.save = lambda rows: may_write.wait(LONG_S) and save(rows)
    starting = asyncio.create_task(jobs.start(WISH, owner="anna"))
    async with asyncio.timeout(LONG_S):
        while not jobs.jobs():  # noqa: ASYNC110  # no event
            await asyncio.sleep(0.001)
    cancelling = asyncio.create_task(jobs.cancel(jobs.jobs()[0].job_id, actor="root"))
    await asyncio.sleep(0)
    may_write.set()

    assert (await cancelling).state == "cancelled"
    assert jobs.jobs() == [await cancelling]
    assert (await starting).job_id == (await cancelling).job_id


async def test_a_job_that_cannot_be_done_says_why(tmp_path):
    jobs = jobs_in(tmp_path)
    begun = await jobs.start(structs.replace(WISH, interval="12h"), owner="anna")
    await jobs.ended(begun.job_id, LONG_S)
    row = jobs.job(begun.job_id)

    assert (row.state, row.code) == ("failed", "insufficient_data")
    assert "too little data" in row.error
    with pytest.raises(ConflictError, match="failed already"):
        await jobs.cancel(begun.job_id, actor="anna")


async def test_a_deadline_ends_it(tmp_path):
    jobs = jobs_in(tmp_path, "training.deadline_s=0.05")
    begun = await jobs.start(WISH, owner="anna")
    await jobs.ended(begun.job_id, LONG_S)

    assert (jobs.job(begun.job_id).state, jobs.job(begun.job_id).code) == ("failed", "job_failed")
    assert "0.05 s" in jobs.job(begun.job_id).error


async def test_what_ran_when_the_node_was_killed_has_failed(tmp_path):
    jobs = jobs_in(tmp_path, "training.gbt.trees=2000")
    begun = await jobs.start(WISH, owner="anna")
    jobs._task.cancel()
    await asyncio.wait([jobs._task])
    [row] = jobs_in(tmp_path).jobs()

    assert (row.job_id, row.state, row.code) == (begun.job_id, "failed", "shutdown")
    assert row.ended_ms >= row.created_ms


async def test_what_is_not_there_is_refused_before_anything_begins(tmp_path):
    jobs = jobs_in(tmp_path)
    with pytest.raises(UnknownInstrumentError):
        await jobs.start(structs.replace(WISH, instrument_id="ETH-USDT.REPLAY"), owner="anna")
    (tmp_path / FILE_NAME).mkdir()
    with pytest.raises(StoreUnavailableError, match="written down"):
        await jobs.start(WISH, owner="anna")
    (tmp_path / FILE_NAME).rmdir()

    assert jobs.jobs() == []
    begun = await jobs.start(WISH, owner="anna")
    assert (await jobs.cancel(begun.job_id, actor="anna")).state == "cancelled"


async def test_a_damaged_file_is_put_aside(tmp_path):
    (tmp_path / FILE_NAME).write_text('[{"job_id": 7}]')

    assert jobs_in(tmp_path).jobs() == []
    assert (tmp_path / FILE_NAME).with_suffix(".damaged").exists()


async def test_the_newest_jobs_of_each_are_remembered(tmp_path):
    jobs = jobs_in(tmp_path)
    begun = await jobs.start(WISH, owner="anna")
    row = await jobs.cancel(begun.job_id, actor="anna")
    many = {f"j-{n}": structs.replace(row, job_id=f"j-{n}", owner="bob" if n % 9 else NODE) for n in range(90)}
    kept = newest(many)
    JobFile(tmp_path).save(many)

    assert list(kept) == [name for name in many if name in kept]
    assert sum(1 for one in kept.values() if one.owner == "bob") == MOST_EACH
    assert sum(1 for one in kept.values() if one.owner == NODE) == 10
    assert "j-89" in kept
    assert JobFile(tmp_path).load() == kept


def test_a_recording_is_learnt_only_as_far_as_it_was_played(tmp_path):
    config, market = opened(tmp_path)
    tape = market.tape
    middle = (tape.start_ns + tape.end_ns) // 2
    tape.seek(middle)
    bars = bars_of(wanted_job(config, base_dir(CONFIG), market, WISH, 1))
    day = bars_of(wanted_job(config, base_dir(CONFIG), market, structs.replace(WISH, days=1), 1))

    assert int(bars.ts[-1]) + 60_000_000_000 <= middle
    assert int(bars.ts[-1]) + 2 * 60_000_000_000 > middle
    assert int(day.ts[0]) >= middle - DAY_NS
    assert day.ts.tolist() == bars.ts[-len(day) :].tolist()


def test_the_simulated_market_is_the_one_that_runs(tmp_path):
    config = load_config(None, overrides=[f"node.state_dir={tmp_path}", "sim.restart=true"], environ={})
    market = open_market(config, tmp_path, tmp_path, on_end=lambda _: None, on_fault=lambda _: None)
    wish = TrainingWish(instrument_id="BTC-USDT.SIM", interval="5m", model="gbt", days=1, seed=1, promote=False)
    bars = bars_of(wanted_job(config, tmp_path, market, wish, 1))
    end = market.feed.position_ns
    history = market.feed.history("BTC-USDT.SIM", "5m", None, end - end % 300_000_000_000, len(bars))
    market.close()

    assert len(bars) >= 287
    assert bars.ts.tolist() == [row.ts_open for row in history]
    assert bars.close.tolist() == [row.close / 10.0 for row in history]


def test_bars_that_were_sent_are_learnt_from_instead_of_the_market_s(tmp_path):
    config = load_config(None, overrides=[f"node.state_dir={tmp_path}", "sim.restart=true"], environ={})
    market = open_market(config, tmp_path, tmp_path, on_end=lambda _: None, on_fault=lambda _: None)
    first, step = 1_700_006_400_000_000_000, 300_000_000_000
    rows = [BarRow(first + n * step, 300_000 + n, 300_020 + n, 299_990 + n, 300_010 + n, 7_000 + n) for n in range(900)]
    wish = TrainingWish(
        instrument_id="BTC-USDT.SIM", interval="5m", model="gbt", days=None, seed=1, promote=False, candles=900
    )
    job = wanted_job(config, tmp_path, market, wish, 1, rows=rows)
    bars = bars_of(msgspec.json.decode(msgspec.json.encode(job), type=TrainingJob))
    fee = float(market.feed.instruments["BTC-USDT.SIM"].taker_fee)
    market.close()

    assert bars.ts.tolist() == [row.ts_open for row in rows]
    assert (bars.close[-1], bars.volume[-1]) == (rows[-1].close / 10.0, rows[-1].volume / 10.0**8)
    assert (bars.fee, bars.source, bars.reference) == (fee, "candles that were sent", ())


async def test_a_job_on_bars_that_were_sent_makes_a_model_of_them(tmp_path):
    jobs, draw = jobs_in(tmp_path), random.Random(3)
    section = jobs._config.training
    count = least_bars(section, "gbt")
    rows, last = [], 6_000_000
    for number in range(count):
        close = last + draw.randrange(-9_000, 9_001)
        span = max(last, close) + 4_000, min(last, close) - 4_000
        rows.append(BarRow(number * MINUTE_NS, last, *span, close, 1_000 + number % 7))
        last = close
    begun = await jobs.start(structs.replace(WISH, promote=False, candles=count), owner="anna", rows=rows)
    await jobs.ended(begun.job_id, LONG_S)
    row = jobs.job(begun.job_id)
    model = ModelRegistry(tmp_path / "models").get(row.model_id)
    report = json.loads((tmp_path / "models" / NAME / "1m" / "gbt" / model.id / "report.json").read_bytes())

    assert (row.state, row.error, row.wish.candles) == ("finished", "", count)
    assert model.trained_to_ms <= count * 60_000
    assert report["data"]["source"] == "candles that were sent"
    assert jobs_in(tmp_path).jobs() == [row]


async def test_the_model_of_orders_learns_from_what_the_node_was_told(tmp_path):
    jobs = jobs_in(tmp_path)
    of_orders = structs.replace(WISH, instrument_id="ALL.ORDERS", interval="1d", model="order_gbt")
    with pytest.raises(UnknownInstrumentError, match=r"the model of orders is of ALL\.ORDERS at 1d"):
        await jobs.start(structs.replace(of_orders, instrument_id=NAME), owner="anna")
    begun = await jobs.start(of_orders, owner="anna")
    await jobs.ended(begun.job_id)
    row = jobs.job(begun.job_id)

    assert (row.state, row.code) == ("failed", "validation")
    assert row.error == "analytics.db: no judged orders are kept here yet"
