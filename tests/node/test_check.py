"""What a configuration names must exist before anything runs."""

import socket
from pathlib import Path

import pytest

from config.errors import ConfigError
from config.fields import Config, InstrumentName, Share
from config.load import base_dir, load_config
from config.schema import NodeConfig
from config.signals import SignalConfig
from config.trading import StrategyConfigSection
from node.check import check_config
from node.sections import strategy_sections
from strategies.base import TraderStrategy
from strategies.registry import strategies

CONFIG = Path(__file__).parents[2] / "config"


@pytest.mark.parametrize("path", sorted(CONFIG.glob("*.toml")), ids=lambda path: path.name)
def test_every_example_can_run(path):
    check_config(load_config(path, environ={}), base_dir(path))


@pytest.mark.parametrize(
    ("override", "said"),
    [
        (
            "signals.0.predictors.0.name=oracle",
            r"signals\[0\].predictors: unknown predictor 'oracle', known: .*technical",
        ),
        ("signals.0.predictors.0.name=llm", r"signals\[0\].predictors: llm: no AI service 'llm' is configured"),
        ('signals.0.instruments=["X.REPLAY"]', r"signals\[0\]: .*'X.REPLAY'.*; known: BTC-USDT.REPLAY"),
        ("signals.0.interval=5s", r"signals\[0\]: .*5s"),
        ("signals.0.reference=X.REPLAY", r"signals\[0\].reference: .*'X.REPLAY'.*; known: BTC-USDT.REPLAY"),
        ("signals.0.session=09:30-16:00 Nowhere/Land", "signals.session: .*Nowhere/Land"),
        ('signals.0.instruments=["BTC-USDT.REPLAY","BTC-USDT.REPLAY"]', "is configured twice"),
        ("screening.volatility=VIX.REPLAY", "screening.volatility: .*'VIX.REPLAY'"),
        ("screening.thresholds.SPX.Straddle=0.5", r"screening.thresholds.SPX: .*'Straddle'"),
        ("strategies.0.name=oracle", "unknown strategy 'oracle'"),
        ("strategies.0.params.quantity=-1", "quantity"),
        (
            "strategies.0.params.instrument_id=X.REPLAY",
            r"strategies.signal_follow.params.instrument_id: .*'X.REPLAY'.*; known: BTC-USDT.REPLAY",
        ),
        ('replay.instruments."BTC-USDT.REPLAY".file=nothing.csv', "nothing.csv"),
        ('server.allowed_origins=["desk.example"]', r"server.allowed_origins: expected scheme://host\[:port\]"),
        ('server.allowed_hosts=["http://desk"]', "server.allowed_hosts: expected a name or address"),
        ('server.trusted_proxies=["10.0.0.0/99"]', "server.trusted_proxies: expected an address or network"),
        ("server.ws_port=8080", "server.ws_port: expected another port than server.port, was 8080 too"),
    ],
)
def test_what_does_not_exist_is_named(override, said):
    path = CONFIG / "backtest.toml"

    with pytest.raises(ConfigError, match=said):
        check_config(load_config(path, overrides=[override], environ={}), base_dir(path))


def test_a_state_folder_that_cannot_be_written_is_named(tmp_path):
    path, folder = CONFIG / "backtest.toml", tmp_path / "new" / "state"
    check_config(load_config(path, overrides=[f"node.state_dir={folder}"], environ={}), base_dir(path))
    assert list(tmp_path.iterdir()) == []
    (tmp_path / "new").write_text("a file")

    for wrong in (folder, tmp_path / "new", Path("/proc/state")):
        with pytest.raises(ConfigError, match=f"node.state_dir: {wrong} cannot be written: "):
            check_config(load_config(path, overrides=[f"node.state_dir={wrong}"], environ={}), base_dir(path))


def test_a_port_that_somebody_has_just_now_is_no_mistake():
    path = CONFIG / "backtest.toml"
    with socket.create_server(("127.0.0.1", 0)) as other:
        taken = f"server.port={other.getsockname()[1]}"
        check_config(load_config(path, overrides=[taken], environ={}), base_dir(path))


def config(params, signals, name="signal_follow"):
    return NodeConfig(signals=signals, strategies=(StrategyConfigSection(name=name, params=params),))


class OwnConfidence(Config, frozen=True, kw_only=True):
    """Parameters of a strategy whose confidence is a number from the start."""

    instrument_id: InstrumentName
    interval: str = "1m"
    trade_confidence: Share = 0.65


@pytest.mark.parametrize(
    ("params", "expected"),
    [
        ({"instrument_id": "A.SIM"}, 0.8),
        ({"instrument_id": "A.SIM", "trade_confidence": 0.5}, 0.5),
        ({"instrument_id": "A.SIM", "interval": "5m"}, None),
        ({"instrument_id": "B.SIM"}, None),
    ],
)
def test_a_strategy_acts_above_the_confidence_of_its_signal(params, expected, monkeypatch):
    own = type("Own", (TraderStrategy,), {"params_type": OwnConfidence})
    monkeypatch.setitem(strategies._classes, "own", own)
    signals = (SignalConfig(instruments=("A.SIM",), trade_confidence=0.8),)

    [section] = strategy_sections(config(params, signals, "own"))

    assert section.params.get("trade_confidence") == expected


def test_a_strategy_that_looks_at_each_signal_is_given_no_number():
    signals = (SignalConfig(instruments=("A.SIM",), trade_confidence=0.8),)

    [section] = strategy_sections(config({"instrument_id": "A.SIM"}, signals))

    assert section.params == {"instrument_id": "A.SIM"}
