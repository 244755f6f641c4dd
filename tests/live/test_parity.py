"""A replayed file gives the same signals live as in the backtest of that file, field by field."""

import sys

import msgspec
import pytest

from actors.messages import Signal
from actors.signal.features import NAMES
from actors.signal.golden import golden, golden_vectors
from actors.signal.log import SignalLog
from actors.signal.models.lstm import load_lstm
from actors.signal.models.meta import Golden
from actors.signal.models.registry import ModelRegistry
from config.load import base_dir, load_config
from tests.node_process import ROOT, NodeProcess
from tests.unit.lstm_networks import network
from tests.unit.model_files import made_meta, stump

pytestmark = pytest.mark.slow

CONFIG = ROOT / "config" / "replay.toml"
ALL = 100_000
KEEP = """
import asyncio, sys, msgspec, node.signals, run_node
from pathlib import Path
from actors.signal.log import SignalLog
from actors.turns import Turns
async def one_a_turn(self, steps):
    for _ in steps:
        await asyncio.sleep(0)
if sys.argv[2] == "slow":
    Turns.run = one_a_turn
kept = SignalLog(100_000)
node.signals.SignalLog = lambda: kept
code = run_node.main(sys.argv[3:])
Path(sys.argv[1]).write_bytes(msgspec.json.encode(kept.recent(None, None, 100_000)))
sys.exit(code)
"""


TRAINED = ("gbt", "lstm")
WITH_MODELS = (
    'signals=[{interval="1m",predictors='
    '[{name="technical",weight=0.2},{name="gbt",weight=0.1},{name="lstm",weight=0.1}]}]'
)
OTHER = "ETH-USDT.REPLAY"
RECORDED = {
    "file": "samples/btc-usdt-1m.csv",
    "base": "ETH",
    "price_precision": 1,
    "size_precision": 8,
    "maker_fee": "0.0008",
    "taker_fee": "0.001",
}
WITH_REFERENCE = (
    *(f'replay.instruments."{OTHER}".{key}={value}' for key, value in RECORDED.items()),
    f'signals=[{{instruments=["BTC-USDT.REPLAY"],reference="{OTHER}",session="09:30-16:00 America/New_York"}}]',
)
"""A second instrument, whose bars close with those of the first."""
LEARNT_TO_MS = 1_767_571_200_000 + 1_000 * 60_000


def with_models(folder):
    """Promote models that have learnt from the first bars; return the settings of a node that uses them."""
    stumps, net = stump(-1.5, 1.5, feature=NAMES.index("macd")), network(len(NAMES), 4, 8)[1]
    answer = load_lstm(net).predict(golden_vectors()[-8:])
    files = {
        "gbt": ({"model.json": stumps}, made_meta("m", stumps).golden),
        "lstm": ({"model.lstm": net}, Golden(features=golden(), probability=answer)),
    }
    models = ModelRegistry(folder)
    for kind, (raw, known) in files.items():
        where = {"kind": kind, "instrument_id": "BTC-USDT.REPLAY", "trained_to_ms": LEARNT_TO_MS}
        models.save(made_meta(kind, None, golden=known, **where), raw)
        models.promote(kind)
    return f"models.folder={folder}", WITH_MODELS


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
    settings = with_models(tmp_path / "models") if pace == "quick" else WITH_REFERENCE
    live, backtest = live_signals(tmp_path, pace, settings), backtest_signals(settings)

    assert len(live) == 3_000
    assert [compared(signal) for signal in live] == [compared(signal) for signal in backtest]
    assert sum(signal.signal != "neutral" for signal in live) >= 0.05 * len(live)
    if pace == "slow":
        assert len({signal.features[-1] for signal in live if signal.features}) > 1_000
        return
    for name in TRAINED:
        states = [source.state for signal in live for source in signal.sources if source.name == name]
        assert (len(states), set(states)) == (3_000, {"warming_up", "abstained", "voted"})
