"""Retraining by the clock: what is due, in which order, and what a restart remembers."""

import asyncio

import pytest

from actors.ports.jobs import NODE
from config.errors import ConfigError
from config.load import load_config
from node.training.schedule import Retraining
from tests.node.test_training_jobs import CONFIG, LONG_S, NAME, SMALL, WISH, jobs_in

HOUR_MS = 3_600_000
EVERY = ["training.retrain.every_h=2", "training.retrain.days=1", "training.interval=1m"]


def section_of(*settings):
    return load_config(CONFIG, overrides=[*SMALL, *settings], environ={}).training


async def test_what_is_due_is_trained_once_and_again_when_its_time_has_come(tmp_path):
    jobs, section = jobs_in(tmp_path), section_of(*EVERY)
    schedule = Retraining(section, jobs, [NAME, "other"], look_s=0.01)
    task = asyncio.create_task(schedule.run())
    async with asyncio.timeout(LONG_S):
        while not (rows := jobs.jobs(NODE)) or rows[0].state == "running":  # noqa: ASYNC110  # no event
            await asyncio.sleep(0.01)
    task.cancel()
    [row] = rows
    later = Retraining(section, jobs_in(tmp_path), [NAME], now_ms=lambda: row.created_ms + 2 * HOUR_MS)
    sooner = Retraining(section, jobs_in(tmp_path), [NAME], now_ms=lambda: row.created_ms + 2 * HOUR_MS - 1)

    assert (row.state, row.wish.days, row.wish.instrument_id) == ("finished", 1, NAME)
    assert [one.instrument_id for one in later.due()] == [NAME]
    assert sooner.due() == []


async def test_one_that_the_end_of_the_node_cut_off_is_due_at_once(tmp_path):
    jobs, section = jobs_in(tmp_path), section_of(*EVERY)
    schedule = Retraining(section, jobs, [NAME])
    begun = await jobs.start(schedule.wishes[0], owner=NODE)
    assert schedule.due() == []
    jobs._task.cancel()
    await asyncio.wait([jobs._task])
    restarted = jobs_in(tmp_path)

    assert restarted.job(begun.job_id).code == "shutdown"
    assert len(Retraining(section, restarted, [NAME]).due()) == 1


async def test_a_clock_that_was_years_ahead_keeps_nothing_from_being_trained(tmp_path):
    jobs, section = jobs_in(tmp_path), section_of(*EVERY)
    begun = await jobs.start(Retraining(section, jobs, [NAME]).wishes[0], owner=NODE)
    await jobs.cancel(begun.job_id, actor="root")
    after = {hours: begun.created_ms + hours * HOUR_MS for hours in (-50_000, -3, -1, 1, 2)}
    due = {hours: len(Retraining(section, jobs, [NAME], now_ms=lambda ms=ms: ms).due()) for hours, ms in after.items()}

    assert due == {-50_000: 1, -3: 1, -1: 0, 1: 0, 2: 1}


async def test_it_waits_while_somebody_else_trains_and_outlives_what_cannot_be_done(tmp_path):
    jobs = jobs_in(tmp_path, "training.gbt.trees=2000")
    gone = section_of(*EVERY, 'training.retrain.instruments=["ETH.NONE"]')
    schedule = Retraining(gone, jobs, ["ETH.NONE"], look_s=0.01)
    other = Retraining(section_of(*EVERY), jobs, [NAME], look_s=0.01)
    mine = await jobs.start(WISH, owner="anna")
    tasks = [asyncio.create_task(one.run()) for one in (schedule, other)]
    await asyncio.sleep(0.05)
    assert jobs.jobs(NODE) == []
    assert not any(task.done() for task in tasks)
    await jobs.cancel(mine.job_id, actor="anna")
    async with asyncio.timeout(LONG_S):
        while not jobs.jobs(NODE):  # noqa: ASYNC110  # no event
            await asyncio.sleep(0.01)
    await jobs.cancel(jobs.jobs(NODE)[0].job_id, actor="root")
    for task in tasks:
        task.cancel()

    assert jobs.jobs(NODE)[0].wish.instrument_id == NAME


async def test_without_a_time_nothing_is_trained(tmp_path):
    schedule = Retraining(section_of(), jobs_in(tmp_path), [NAME])
    await asyncio.wait_for(schedule.run(), LONG_S)

    assert schedule.due() == []


async def test_an_instrument_that_is_not_there_ends_the_start(tmp_path):
    section = section_of(*EVERY, 'training.retrain.instruments=["ETH.NONE"]')
    with pytest.raises(ConfigError, match=r"there is no ETH\.NONE, there are BTC-USDT\.REPLAY"):
        Retraining(section, jobs_in(tmp_path), [NAME])


@pytest.mark.parametrize("kinds", [["lstm", "gbt"], ["gbt"]])
async def test_every_instrument_has_every_kind(tmp_path, kinds):
    settings = [f"training.retrain.kinds={kinds}".replace("'", '"'), 'training.retrain.instruments=["A.SIM","B.SIM"]']
    schedule = Retraining(section_of(*EVERY, *settings), jobs_in(tmp_path), ["A.SIM", "B.SIM"])

    assert [(one.instrument_id, one.model) for one in schedule.due()] == [
        (name, kind) for name in ("A.SIM", "B.SIM") for kind in kinds
    ]


async def test_the_model_of_orders_is_one_for_all_instruments(tmp_path):
    settings = ['training.retrain.kinds=["order_gbt","gbt"]', 'training.retrain.instruments=["A.SIM","B.SIM"]']
    schedule = Retraining(section_of(*EVERY, *settings), jobs_in(tmp_path), ["A.SIM", "B.SIM"])

    assert [(one.instrument_id, one.interval, one.model) for one in schedule.due()] == [
        ("A.SIM", "1m", "gbt"),
        ("B.SIM", "1m", "gbt"),
        ("ALL.ORDERS", "1d", "order_gbt"),
    ]
