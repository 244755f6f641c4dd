"""Loading strategies: the contract of every registered one, and strategies that were written for Nautilus alone."""

import sys
from decimal import Decimal
from pathlib import Path
from types import ModuleType

import pytest
from nautilus_trader.model import InstrumentId, OrderSide
from nautilus_trader.trading import Strategy, StrategyConfig

from actors.market import bar_type_of
from config.errors import ConfigError, UnknownPluginError
from config.fields import Config
from config.registry import Registry
from config.trading import StrategyConfigSection
from strategies.base import TraderMixin, TraderStrategy
from strategies.load import load_strategy
from strategies.registry import strategies
from tests.bridge.fakes import signal
from tests.node.small_market import BAR_TYPE, IID, Script, flat_rows, small_engine
from tests.unit.walks import NAME

GUIDE = Path(__file__).parents[2] / "docs/adding_a_strategy.md"
EXAMPLES = {"signal_follow": {"instrument_id": NAME, "quantity": "0.5"}}
"""The fields of each registered strategy that have no default."""


def section(name="mine", **kwargs):
    return StrategyConfigSection(name=name, **kwargs)


@pytest.mark.parametrize("name", list(strategies))
class TestEveryStrategy:
    def test_is_built_from_its_example_and_runs_without_a_fault(self, name):
        strategy = load_strategy(section(name, params=EXAMPLES[name]))
        with small_engine(strategy, rows=flat_rows(3)):
            assert strategy.faults.found == []

    def test_its_parameters_are_a_struct_that_knows_no_others(self, name):
        params_type = strategies.get(name).params_type

        assert issubclass(params_type, Config)
        with pytest.raises(ConfigError, match=rf"strategies\.{name}\.params: .*no_such_knob"):
            load_strategy(section(name, params=EXAMPLES[name] | {"no_such_knob": 1}))

    def test_it_is_named_after_its_label_and_tag(self, name):
        strategy = load_strategy(section(name, params=EXAMPLES[name]), tag="007")

        assert str(strategy.strategy_id) == f"{name}-007"
        assert strategy.faults.component == f"{name}-007"


def test_every_strategy_is_told_of_in_the_docs():
    assert [name for name in strategies if f"`{name}`" not in GUIDE.read_text()] == []


def test_the_example_in_the_docs_works(monkeypatch):
    mine: Registry[TraderStrategy] = Registry("strategy", "strategies")
    monkeypatch.setattr("strategies.registry.strategies", mine)
    monkeypatch.setattr("strategies.load.strategies", mine)
    code = GUIDE.read_text().split("```python\n")[1].split("```")[0]
    exec(compile(code, str(GUIDE), "exec"), {"__name__": "their_strategy"})
    strategy = load_strategy(section("contrarian", params={"instrument_id": NAME, "quantity": "0.5"}))
    topic = f"signals.{bar_type_of(NAME, '1m')}"
    with small_engine(strategy, Script([[(topic, signal(instrument_id=NAME))]]), rows=flat_rows(3)) as engine:
        assert strategy.faults.found == []
        assert [order.side for order in engine.cache.orders()] == [OrderSide.SELL]


def test_an_unknown_strategy_is_an_error_that_lists_the_known_ones():
    with pytest.raises(UnknownPluginError, match=r"unknown strategy 'martingale'.*signal_follow"):
        load_strategy(section("martingale"))


@pytest.mark.parametrize(
    ("params", "message"),
    [
        ({}, "missing required field `instrument_id`"),
        ({"instrument_id": NAME, "quantity": 0.5}, r"Expected `str`, got `float` - at `\$.quantity`"),
        ({"instrument_id": "BTC", "quantity": "1"}, r"\$.instrument_id"),
        ({"instrument_id": NAME, "quantity": "-1"}, r"\$.quantity"),
        ({"instrument_id": NAME, "quantity": "1", "trade_confidence": 1.5}, r"\$.trade_confidence"),
        ({"instrument_id": NAME, "quantity": "1", "interval": "7m"}, r"\$.interval"),
    ],
)
def test_wrong_parameters_are_told_by_field(params, message):
    with pytest.raises(ConfigError, match=message):
        load_strategy(section("signal_follow", params=params))


class Plain(Strategy):
    def __init__(self, config):
        super().__init__(config)
        self.settings = config
        self.bars = 0

    def on_start(self):
        self.subscribe_bars(BAR_TYPE)

    def on_bar(self, bar):
        self.bars += 1


class PlainConfig(StrategyConfig):
    def __new__(cls, instrument_id: InstrumentId, size: Decimal = Decimal(1), label: str = "", **engine):
        return super().__new__(cls, **engine)

    def __init__(self, instrument_id: InstrumentId, size: Decimal = Decimal(1), label: str = "", **engine):
        self.instrument_id, self.size, self.label = instrument_id, size, label


class NeedsConfig(Plain):
    def __init__(self, config):
        super().__init__(config)
        self.instrument_id = config.instrument_id


@pytest.fixture(autouse=True)
def plain_module(monkeypatch):
    module = ModuleType("their_strategies")
    module.Plain, module.PlainConfig, module.NeedsConfig, module.number = Plain, PlainConfig, NeedsConfig, 1
    monkeypatch.setitem(sys.modules, "their_strategies", module)


def test_a_strategy_written_for_nautilus_is_loaded_as_it_is():
    strategy = load_strategy(section(path="their_strategies:Plain"))

    assert isinstance(strategy, Plain)
    assert isinstance(strategy, TraderMixin)
    with small_engine(strategy, rows=flat_rows(3)):
        assert strategy.bars == 3
        assert str(strategy.strategy_id) == "mine-001"


def test_its_configuration_gets_engine_types_where_it_asks_for_them():
    params = {"instrument_id": NAME, "size": "0.25", "label": "x"}
    strategy = load_strategy(
        section(path="their_strategies:NeedsConfig", config_path="their_strategies:PlainConfig", params=params)
    )

    assert (strategy.settings.instrument_id, strategy.settings.size, strategy.settings.label) == (
        IID,
        Decimal("0.25"),
        "x",
    )
    assert str(strategy.settings.strategy_id) == "mine-001"


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"path": "no_such_module:Plain"}, "cannot load no_such_module:Plain: ModuleNotFoundError"),
        ({"path": "their_strategies:Missing"}, "cannot load their_strategies:Missing: AttributeError"),
        ({"path": "their_strategies:number"}, "not a subclass"),
        ({"path": "their_strategies:PlainConfig"}, "not a subclass"),
        ({"path": "their_strategies:Plain", "params": {"a": 1}}, "params need a config_path"),
        ({"path": "their_strategies:NeedsConfig"}, "NeedsConfig cannot be built"),
        ({"config_path": "their_strategies:PlainConfig", "params": {}}, "PlainConfig cannot be built"),
        (
            {"config_path": "their_strategies:PlainConfig", "params": {"instrument_id": NAME, "size": "much"}},
            "mine.size: expected Decimal, was 'much'",
        ),
        (
            {"config_path": "their_strategies:PlainConfig", "params": {"instrument_id": "BTC"}},
            "mine.instrument_id: expected InstrumentId, was 'BTC'",
        ),
    ],
)
def test_what_cannot_be_loaded_is_told_in_one_line(changes, message):
    with pytest.raises(ConfigError, match=r"^strategies\.mine") as caught:
        load_strategy(section(**({"path": "their_strategies:Plain"} | changes)))

    assert message in str(caught.value)


def test_live_order_ids_never_repeat_and_backtest_ids_do():
    class Once(Plain):
        def on_bar(self, bar):
            self.ids = str(self.order_factory.generate_client_order_id())

    sys.modules["their_strategies"].Once = Once

    def an_id(*, unique_ids):
        strategy = load_strategy(section(path="their_strategies:Once"), unique_ids=unique_ids)
        with small_engine(strategy, rows=flat_rows(2)):
            return strategy.ids

    assert an_id(unique_ids=False) == an_id(unique_ids=False)
    assert an_id(unique_ids=True) != an_id(unique_ids=True)
    assert "-" not in an_id(unique_ids=True)


def test_a_plug_in_that_cannot_be_imported_is_skipped_and_reported(tmp_path, monkeypatch):
    (tmp_path / "broken_plugin.py").write_text("raise RuntimeError('half installed')\n")
    (tmp_path / "good_plugin.py").write_text(
        "from strategies.base import TraderStrategy\n\n\nclass Mine(TraderStrategy):\n    pass\n"
    )
    info = tmp_path / "plugins-1.0.dist-info"
    info.mkdir()
    (info / "METADATA").write_text("Metadata-Version: 2.1\nName: plugins\nVersion: 1.0\n")
    points = "[whisperer.strategies]\nbroken = broken_plugin:Mine\nmine = good_plugin:Mine\n"
    (info / "entry_points.txt").write_text(points)
    monkeypatch.syspath_prepend(str(tmp_path))
    found: Registry[TraderStrategy] = Registry("strategy", "strategies", "whisperer.strategies")

    assert "mine" in list(found)
    assert issubclass(found.get("mine"), TraderStrategy)
    assert found.broken == {"broken": "RuntimeError: half installed"}
    with pytest.raises(UnknownPluginError, match="half installed"):
        found.get("broken")
