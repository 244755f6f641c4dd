"""Configurations of small backtests."""

from pathlib import Path

from config.schema import BacktestSection, NodeConfig, NodeSection, ReplaySection
from config.trading import StrategyConfigSection
from tests.recordings import NAME, csv_of, minutes, spec

EXAMPLE = Path(__file__).parents[2] / "config" / "backtest.toml"


def plain(cls, name=NAME, label="plain"):
    module = "tests.node.plain_strategies"
    return StrategyConfigSection(
        name=label, path=f"{module}:{cls}", config_path=f"{module}:Config", params={"instrument_id": name}
    )


def config_of(folder, *strategies, rows=60, warmup=10, balance="10000", instruments=None, **changes):
    csv_of(folder, *minutes(rows))
    instruments = instruments or {NAME: spec(**changes)}
    return NodeConfig(
        market="replay",
        node=NodeSection(state_dir=str(folder / "var")),
        replay=ReplaySection(warmup_bars=warmup, instruments=instruments),
        strategies=strategies,
        backtest=BacktestSection(balances={"USDT": balance}),
    )
