"""A replayed file gives the same signals live as in the backtest of that file, field by field."""

import sys

import msgspec
import pytest

from actors.messages import Signal
from actors.signal.features import NAMES
from actors.signal.log import SignalLog
from actors.signal.models.registry import ModelRegistry
from config.load import base_dir, load_config
from tests.node_process import ROOT, NodeProcess
from tests.unit.model_files import made_meta, stump

pytestmark = pytest.mark.slow

CONFIG = ROOT / "config" / "replay.toml"
ALL = 100_000
KEEP = """
import asyncio, sys, msgspec, node.live, run_node
from pathlib import Path
from actors.signal.log import SignalLog
from actors.turns import Turns
async def one_a_turn(self, steps):
    for _ in steps:
        await asyncio.sleep(0)
if sys.argv[2] == "slow":
    Turns.run = one_a_turn
kept = SignalLog(100_000)
node.live.SignalLog = lambda: kept
code = run_node.main(sys.argv[3:])
Path(sys.argv[1]).write_bytes(msgspec.json.encode(kept.recent(None, None, 100_000)))
sys.exit(code)
"""


WITH_MODEL = 'signals=[{interval="1m",predictors=[{name="technical",weight=0.2},{name="gbt",weight=0.1}]}]'
LEARNT_TO_MS = 1_767_571_200_000 + 1_000 * 60_000


def with_model(folder):
    """Promote a model that has learnt from the first bars; return the settings of a node that uses it."""
    raw = stump(-1.5, 1.5, feature=NAMES.index("macd"))
    meta = made_meta("m", raw, instrument_id="BTC-USDT.REPLAY", trained_to_ms=LEARNT_TO_MS)
    models = ModelRegistry(folder)
    models.save(meta, {"model.json": raw})
    models.promote("m")
    return f"models.folder={folder}", WITH_MODEL


def live_signals(tmp_path, pace, settings=()):
    """Return every signal of the sample played on a live node as fast as it goes, oldest first.

    A `slow` node gives its signals one step a turn, as on a machine that is busy.
    """
    file = tmp_path / "signals.json"
    command = [sys.executable, "-c", KEEP, str(file), pace]
    settings = ("replay.speed=0", "replay.at_end=exit", *settings)
    with NodeProcess(tmp_path, *settings, config=CONFIG, command=command) as node:
        assert node.process.wait(240) == 0, node.text()
    return msgspec.json.decode(file.read_bytes(), type=list[Signal])


def backtest_signals(settings=()):
    """Return every signal of the backtest of the same file, oldest first."""
    from adapters.replay.feed import ReplayFeed
    from node.backtest.engine import BacktestRun

    config = load_config(CONFIG, overrides=settings, environ={})
    kept = SignalLog(ALL)
    feed = ReplayFeed.from_config(config.replay, base_dir(CONFIG))
    with BacktestRun(config, feed, kept) as run:
        run.run(lambda _done, _total: None)
    return kept.recent(None, None, ALL)


def compared(signal):
    """Return all that must be equal; text of floats, so that -0.0 and the last bit count."""
    return repr(msgspec.structs.replace(signal, trace_id="", ts_init=0))


@pytest.mark.parametrize("pace", ["quick", "slow"])
def test_signals_of_a_replay_equal_those_of_its_backtest(tmp_path, pace):
    settings = with_model(tmp_path / "models") if pace == "quick" else ()
    live, backtest = live_signals(tmp_path, pace, settings), backtest_signals(settings)

    assert len(live) == 3_000
    assert [compared(signal) for signal in live] == [compared(signal) for signal in backtest]
    assert sum(signal.signal != "neutral" for signal in live) >= 0.05 * len(live)
    if settings:
        states = [source.state for signal in live for source in signal.sources if source.name == "gbt"]
        assert (len(states), set(states)) == (3_000, {"warming_up", "abstained", "voted"})
