"""How late the node's loop is while a model is trained: aside in its process, and inline as the control that fails."""

import asyncio
import contextlib
import time
from pathlib import Path

import numpy as np
import pytest

from actors.signal.training.trainer import train
from config.load import base_dir, load_config
from config.training_errors import TrainingError
from node.training.job import job_of
from node.training.market import bars_of
from node.training.process import Trainer

CONFIG = Path(__file__).parents[1] / "config" / "train.toml"
TICK_S = 0.005
RUN_S = 5.0
RUNS = 3
P99_MS, P999_MS = 5.0, 15.0


class Ticker:
    """Notes how much later than asked each tick of the loop comes, in milliseconds."""

    def __init__(self):
        self.late_ms = []
        self._task = None

    async def __aenter__(self):
        self._task = asyncio.create_task(self._run())
        await asyncio.sleep(0)
        return self

    async def __aexit__(self, *_):
        self._task.cancel()
        await asyncio.gather(self._task, return_exceptions=True)

    def quantile(self, share):
        return float(np.quantile(self.late_ms, share))

    async def _run(self):
        due = time.perf_counter() + TICK_S
        while True:
            await asyncio.sleep(max(0.0, due - time.perf_counter()))
            now = time.perf_counter()
            self.late_ms.append((now - due) * 1e3)
            due = now + TICK_S


def long_job(folder, trees=2_000):
    settings = [f"node.state_dir={folder}", f"training.gbt.trees={trees}", "training.gbt.depth=6"]
    config = load_config(CONFIG, overrides=settings, environ={})
    return job_of(config, base_dir(CONFIG), instrument_id=None, kind="gbt", seed=1, promote=False, now_ms=0)


async def idle(ticker):
    async with ticker:
        await asyncio.sleep(RUN_S)


async def aside(ticker, folder):
    """Watch the loop from the first fold of a training for `RUN_S`; then it is cancelled."""
    trainer, began = Trainer(), asyncio.Event()

    async def work():
        with contextlib.suppress(TrainingError):
            await trainer.train(
                long_job(folder), lambda word: word.stage == "folds" and began.set(), deadline_s=10 * RUN_S
            )

    async with asyncio.TaskGroup() as group:
        group.create_task(work())
        await began.wait()
        async with ticker:
            await asyncio.sleep(RUN_S)
        assert trainer.is_busy, "the training ended before the watch did"
        trainer.cancel()


async def inline(ticker, folder):
    job = long_job(folder, trees=200)
    bars = bars_of(job)
    async with ticker:
        await asyncio.sleep(10 * TICK_S)
        train(bars, job.wish, None, lambda *_: None)
        await asyncio.sleep(10 * TICK_S)


@pytest.mark.bench
async def test_the_loop_hardly_notices_a_training(tmp_path):
    calm, busy, blocked = Ticker(), Ticker(), Ticker()
    for _ in range(RUNS):
        await idle(calm)
        await aside(busy, tmp_path)
    await inline(blocked, tmp_path)
    for name, ticker in (("idle", calm), ("training aside", busy), ("training inline", blocked)):
        late = [ticker.quantile(share) for share in (0.5, 0.99, 0.999)]
        print(f"\n{name:16s} {len(ticker.late_ms):6,} ticks, late p50 {late[0]:.2f}, p99 {late[1]:.2f}, "
              f"p99.9 {late[2]:.2f}, most {max(ticker.late_ms):.1f} ms", end="")  # fmt: skip  # one line

    assert busy.quantile(0.99) <= calm.quantile(0.99) + P99_MS
    assert busy.quantile(0.999) <= calm.quantile(0.999) + P999_MS
    assert max(blocked.late_ms) > max(calm.quantile(0.999) + P999_MS, 50.0)
