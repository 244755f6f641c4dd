"""`run_node.py train` and the process behind it, on little data: what it writes, and every way it ends early."""

import asyncio
import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import msgspec
import pytest
import structlog
from msgspec import structs

import run_node
from actors.market import DAY_NS
from actors.signal.log import SignalLog
from actors.signal.models.registry import ModelRegistry
from actors.signal.training.report import Report
from adapters.sim.market import DEFAULT_START_NS, SimMarket
from config.errors import ConfigError, ConflictError
from config.load import base_dir, load_config
from config.training_errors import TrainingError
from node.backtest.command import run_backtest
from node.training.job import job_of
from node.training.market import bars_of
from node.training.page import page
from node.training.process import ROOT, Trainer

pytestmark = pytest.mark.slow

CONFIG = Path(__file__).parents[2] / "config" / "train.toml"
REPLAY = CONFIG.with_name("replay.toml")
SMALL = ["training.gbt.trees=5", "training.folds=2", "training.first=0.5", "training.nice=0"]
LONG_S = 120.0


@pytest.fixture(scope="module", autouse=True)
def logs_as_they_were():
    """The process logs in its own way, and here it is this one."""
    before = structlog.get_config()
    yield
    structlog.configure(**before)


def job_in(folder, *settings, instrument_id=None, seed=7):
    overrides = [*SMALL, f"node.state_dir={folder}", *settings]
    config = load_config(CONFIG, overrides=overrides, environ={})
    return job_of(
        config, base_dir(CONFIG), instrument_id=instrument_id, kind="gbt", seed=seed, promote=True, now_ms=5_000
    )


def models_of(job):
    return ModelRegistry(Path(job.models_dir)).models()


@pytest.fixture(scope="module")
def trained(tmp_path_factory):
    """One training from the command line: its folder, exit code and the model."""
    folder = tmp_path_factory.mktemp("trained")
    with pytest.MonkeyPatch.context() as patch, (folder / "out.txt").open("w") as out:
        patch.setattr(sys, "stdout", out)
        options = [part for setting in [*SMALL, f"node.state_dir={folder}"] for part in ("--set", setting)]
        code = run_node.main(["train", "--promote", *options])
    registry = ModelRegistry(folder / "models")
    [meta] = registry.models()
    return code, (folder / "out.txt").read_text(), registry, meta


def report_of(registry, meta):
    return msgspec.json.decode(registry.read(meta, "report.json"), type=Report)


def test_one_command_trains_tells_and_keeps(trained):
    code, out, registry, meta = trained
    report = report_of(registry, meta)

    assert code == 0
    for told in ("training", "validation", "out of sample", "same answer", "logistic", "buy and hold", "leak test"):
        assert told in out
    assert f"edge: {report.edge.word}" in out
    assert f"kept as {meta.id}" in out
    assert report.gate.is_promotable == meta.is_promotable
    promoted = registry.current("BTC-USDT.REPLAY", "1m", "gbt")
    assert (promoted is not None) == meta.is_promotable


def test_the_model_lies_beside_its_report_and_its_features(trained):
    _, _, registry, meta = trained

    assert set(meta.files) == {"model.json", "features.json", "report.json", "report.html"}
    drift = json.loads(registry.read(meta, "features.json"))
    assert tuple(drift) == meta.feature_names
    assert sum(drift["rsi_14"]["shares"]) == pytest.approx(1.0)


def test_the_page_stands_alone(trained):
    _, _, registry, meta = trained
    html = registry.read(meta, "report.html").decode()

    assert html == page(report_of(registry, meta))
    assert "<script" not in html
    assert "http" not in html
    assert html.count("<svg") == 4
    for told in ("Edge", "Reliability", "Threshold sweep", "Feature importance", "Leak tests", "Folds"):
        assert told in html


def test_the_model_votes_in_a_backtest_but_not_about_what_it_has_learnt(trained):
    _, _, registry, meta = trained
    registry.promote(meta.id, force=True)
    said = {}
    for in_sample in ("true", "false"):
        voters = f'[{{name="gbt",params={{in_sample={in_sample}}}}}]'
        settings = [f"models.folder={registry.folder}", f'signals=[{{interval="1m",predictors={voters}}}]']
        config, kept = load_config(REPLAY, overrides=settings, environ={}), SignalLog(10_000)
        run_backtest(config, base_dir(REPLAY), signals=kept)
        said[in_sample] = {signal.ts_event // 1_000_000: signal.sources[0] for signal in kept.recent(None, None, 9_999)}

    assert [ts for ts, source in said["false"].items() if source.state == "voted"] == [
        ts for ts in said["true"] if ts > meta.trained_to_ms
    ]
    voted = [source for source in said["true"].values() if source.state == "voted"]
    assert len(voted) > 2_900
    assert {source.model for source in voted} == {meta.id}


async def test_the_same_training_gives_the_same_model_and_report(trained, tmp_path):
    _, _, registry, meta = trained
    stages = []
    job = job_in(tmp_path)
    word = await Trainer().train(job, lambda told: stages.append(told.stage), deadline_s=LONG_S)
    other = ModelRegistry(Path(job.models_dir))
    again = other.get(word.model_id)
    report, first = report_of(other, again), report_of(registry, meta)

    assert again.files["model.json"] == meta.files["model.json"]
    assert structs.replace(report, times=first.times) == first
    assert stages[0] == "start"
    assert stages[-1] == "finished"


async def test_a_damaged_model_in_use_does_not_keep_its_successor_away(trained):
    _, _, registry, meta = trained
    registry.promote(meta.id, force=True)
    (registry.folder / meta.instrument_id / meta.interval / meta.kind / meta.id / "model.json").write_text("{}")
    job = structs.replace(job_in(registry.folder.parent, "models.keep=1", seed=8), session="09:30-16:00 UTC")
    word = await Trainer().train(job, lambda _: None, deadline_s=LONG_S)
    successor = registry.get(word.model_id)

    assert report_of(registry, successor).current is None
    assert (successor.reference, successor.session) == (None, "09:30-16:00 UTC"), "what its features were made with"


async def test_a_key_that_is_not_there_is_said(tmp_path):
    job = structs.replace(job_in(tmp_path), models_key_env="NO_SUCH_KEY_OF_MODELS")
    with pytest.raises(TrainingError, match="NO_SUCH_KEY_OF_MODELS"):
        await Trainer().train(job, lambda _: None, deadline_s=LONG_S)


async def test_a_training_can_be_cancelled_and_leaves_nothing(tmp_path):
    trainer, job = Trainer(), job_in(tmp_path, "training.gbt.trees=2000")
    with pytest.raises(TrainingError, match="cancelled") as raised:
        await trainer.train(job, lambda word: word.stage == "folds" and trainer.cancel(), deadline_s=LONG_S)

    assert raised.value.is_cancelled
    assert not trainer.is_busy
    assert not trainer.cancel()
    assert models_of(job) == []


async def test_a_training_that_hangs_can_be_cancelled_too(tmp_path):
    trainer, job = Trainer(), job_in(tmp_path, "training.gbt.trees=2000")

    def freeze(word):
        if word.stage == "start":
            os.kill(trainer._process.pid, signal.SIGSTOP)
            os.waitid(os.P_PID, trainer._process.pid, os.WSTOPPED | os.WNOWAIT)
            trainer.cancel()

    with pytest.raises(TrainingError, match="cancelled") as raised:
        await trainer.train(job, freeze, deadline_s=LONG_S)

    assert raised.value.is_cancelled
    assert models_of(job) == []


def test_a_training_ends_with_the_process_that_has_started_it(tmp_path):
    (tmp_path / "words").touch()
    (tmp_path / "job.json").write_bytes(msgspec.json.encode(job_in(tmp_path, "training.gbt.trees=2000")))
    line = f"{sys.executable} -m node.training.run 0 < {tmp_path}/job.json > {tmp_path}/words & exec cat"
    with subprocess.Popen(["/bin/sh", "-c", line], cwd=ROOT, stdin=subprocess.PIPE, stderr=subprocess.PIPE) as starter:
        while b"folds" not in (tmp_path / "words").read_bytes():
            time.sleep(0.01)
        starter.kill()
        assert starter.stderr.read() == b"", "it ends when both have ended"

    assert b"finished" not in (tmp_path / "words").read_bytes()
    assert models_of(job_in(tmp_path)) == []


async def test_a_training_ends_at_its_deadline(tmp_path):
    trainer, job = Trainer(), job_in(tmp_path)
    with pytest.raises(TrainingError, match=r"not done within 0\.05 s"):
        await trainer.train(job, lambda _: None, deadline_s=0.05)

    assert not trainer.is_busy
    assert models_of(job) == []


async def test_there_is_one_training_at_a_time(tmp_path):
    trainer, job, refused = Trainer(), job_in(tmp_path), []

    async def second():
        with pytest.raises(ConflictError, match="under way"):
            await trainer.train(job, lambda _: None, deadline_s=1.0)
        refused.append(True)
        trainer.cancel()

    async with asyncio.TaskGroup() as group:
        first = group.create_task(_cancelled(trainer, job))
        await asyncio.sleep(0)
        group.create_task(second())
    assert refused
    assert first.result()


async def _cancelled(trainer, job):
    with pytest.raises(TrainingError, match="cancelled"):
        await trainer.train(job, lambda _: None, deadline_s=LONG_S)
    return True


@pytest.mark.parametrize(
    ("settings", "instrument_id", "told"),
    [
        ([], "ETH-USDT.REPLAY", "unknown instrument 'ETH-USDT.REPLAY'"),
        (["training.interval=1d"], None, "too little data"),
    ],
)
async def test_what_cannot_be_done_is_said(tmp_path, settings, instrument_id, told):
    with pytest.raises(TrainingError, match=told) as raised:
        await Trainer().train(
            job_in(tmp_path, *settings, instrument_id=instrument_id), lambda _: None, deadline_s=LONG_S
        )

    assert raised.value.is_input


async def test_a_process_that_dies_without_a_word_is_told(tmp_path):
    with pytest.raises(TrainingError, match="ended with 1 and without a word"):
        await Trainer("/bin/false").train(job_in(tmp_path), lambda _: None, deadline_s=LONG_S)


def test_the_simulated_market_of_a_node_is_the_one_that_is_learnt(tmp_path):
    config = load_config(None, overrides=[f"node.state_dir={tmp_path}", "training.days=2"], environ={})
    market = SimMarket(config.sim, tmp_path, now_ns=DEFAULT_START_NS + 17 * DAY_NS)
    market.close()
    job = job_of(config, tmp_path, instrument_id=None, kind="gbt", seed=1, promote=False, now_ms=1)
    bars = bars_of(job)
    history = market.feed.history("BTC-USDT.SIM", "5m", None, None, 2 * 288)

    assert bars.ts.tolist() == [row.ts_open for row in history]
    assert bars.close.tolist() == [row.close / 10.0 for row in history]


def test_without_a_node_the_simulated_market_is_the_same_every_day(tmp_path):
    config = load_config(None, overrides=[f"node.state_dir={tmp_path}", "training.days=1"], environ={})
    bars = bars_of(job_of(config, tmp_path, instrument_id=None, kind="gbt", seed=1, promote=False, now_ms=1))

    assert (int(bars.ts[0]), len(bars)) == (DEFAULT_START_NS, 288)


def test_an_unknown_kind_and_a_wrong_seed_are_refused(tmp_path, capsys):
    assert run_node.main(["train", "--kind", "oracle", "--set", f"node.state_dir={tmp_path}"]) == 2
    assert run_node.main(["train", "--seed", "-1", "--set", f"node.state_dir={tmp_path}"]) == 2

    first, second = capsys.readouterr().err.splitlines()
    assert "--kind: expected one of gbt, lstm" in first
    assert "--seed: expected a whole number" in second
    with pytest.raises(ConfigError):
        load_config(CONFIG, overrides=["training.interval=7m"])
