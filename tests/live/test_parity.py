"""A replayed file gives the same signals live as in the backtest of that file, field by field."""

import sys

import msgspec
import pytest

from actors.messages import Signal
from actors.signal.log import SignalLog
from config.load import base_dir, load_config
from tests.node_process import ROOT, NodeProcess

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


def live_signals(tmp_path, pace):
    """Return every signal of the sample played on a live node as fast as it goes, oldest first.

    A `slow` node gives its signals one step a turn, as on a machine that is busy.
    """
    file = tmp_path / "signals.json"
    command = [sys.executable, "-c", KEEP, str(file), pace]
    settings = ("replay.speed=0", "replay.at_end=exit")
    with NodeProcess(tmp_path, *settings, config=CONFIG, command=command) as node:
        assert node.process.wait(240) == 0, node.text()
    return msgspec.json.decode(file.read_bytes(), type=list[Signal])


def backtest_signals():
    """Return every signal of the backtest of the same file, oldest first."""
    from adapters.replay.feed import ReplayFeed
    from node.backtest.engine import BacktestRun

    config = load_config(CONFIG, environ={})
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
    live, backtest = live_signals(tmp_path, pace), backtest_signals()

    assert len(live) == 3_000
    assert [compared(signal) for signal in live] == [compared(signal) for signal in backtest]
    assert sum(signal.signal != "neutral" for signal in live) >= 0.05 * len(live)
