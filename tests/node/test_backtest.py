"""A backtest runs the node's own parts in the real engine, repeats itself and tells the truth about money."""

import time
from decimal import Decimal
from pathlib import Path

import msgspec
import pytest

from actors.market import INTERVALS
from actors.signal.log import SignalLog
from config.errors import BacktestError, ConfigError
from config.load import load_config
from config.recorded import ReplayColumns
from config.schema import BacktestSection, NodeConfig, ReplaySection, SimSection
from config.trading import StrategyConfigSection
from node.backtest.command import run_backtest
from node.backtest.engine import BacktestRun
from node.backtest.market import open_feed
from node.backtest.tearsheet import tearsheet
from tests.node import plain_strategies
from tests.node.backtests import EXAMPLE, config_of, plain
from tests.recordings import BEGIN, MINUTE, NAME, REAL, csv_of, minutes, real_bars, real_files, real_pair, spec

OTHER = "ETH-USDT.REPLAY"


@pytest.fixture(scope="module")
def example():
    config = load_config(EXAMPLE, environ={})
    return config, run_backtest(config, EXAMPLE.parent)


@pytest.fixture(autouse=True)
def silence():
    plain_strategies.heard.clear()


def test_the_same_run_gives_the_same_bytes(example):
    config, result = example

    again = run_backtest(config, EXAMPLE.parent)

    assert again.to_json() == result.to_json()
    assert tearsheet(again) == tearsheet(result)
    assert again.file_stem == result.file_stem


def test_the_example_trades_and_its_signals_have_an_opinion(example):
    _, result = example

    assert result.signals.total == result.bars == 2_500
    assert result.signals.backfilled == 500
    assert result.signals.long + result.signals.short >= 0.05 * result.signals.total
    assert result.orders.total == result.orders.filled > 0
    assert result.data[0].source == "samples/btc-usdt-1m.csv"
    assert len(result.data[0].sha256) == 64


def test_signals_can_be_kept_by_the_caller():
    signals = SignalLog(capacity=10_000)
    config = load_config(EXAMPLE, environ={})

    run_backtest(config, EXAMPLE.parent, signals=signals)

    kept = signals.recent("BTC-USDT.REPLAY", "1m", 10_000)
    assert [signal.backfilled for signal in kept] == [True] * 500 + [False] * 2_500


def test_equity_fees_and_trade_agree_with_the_engine_and_the_calculator(tmp_path):
    config = config_of(tmp_path, plain("RoundTrip"))
    feed = open_feed(config, tmp_path)
    with BacktestRun(config, feed, SignalLog()) as run:
        run.run(lambda _done, _total: None)
        account = run.cache.account_for_venue(run.venue)
        total = next(iter(account.balances().values())).total.as_decimal()

    result = run_backtest(config, tmp_path)

    # bars 12 and 14 (from 1) close at 100.12 and 100.14
    paid = Decimal("100.12") * Decimal("0.5") * Decimal("0.001") + Decimal("100.14") * Decimal("0.5") * Decimal("0.001")
    (trade,) = result.trades
    assert (trade.side, trade.quantity, trade.entry_price, trade.exit_price) == ("long", "0.5", "100.12", "100.14")
    assert Decimal(trade.fees) == Decimal(result.strategy.fees) == paid
    assert Decimal(result.strategy.pnl) == Decimal("0.01") - paid
    assert Decimal(result.strategy.final_equity) == total
    assert result.win_rate == 0.0
    assert result.exposure == 2 / 50


def test_an_open_position_is_valued_at_the_last_close(tmp_path):
    result = run_backtest(config_of(tmp_path, plain("Holder")), tmp_path)

    (trade,) = result.trades
    assert (trade.ts_exit, trade.exit_price) == (None, None)
    assert Decimal(result.strategy.pnl) == (Decimal("100.60") - Decimal("100.11")) / 2 - Decimal("0.050055")
    assert result.equity[-1].equity == float(result.strategy.final_equity)
    assert result.win_rate is None


def test_each_instrument_pays_its_own_fees(tmp_path):
    csv_of(tmp_path, *minutes(60), name="other.csv")
    instruments = {NAME: spec(), OTHER: spec(file="other.csv", base="ETH", taker_fee="0.002")}
    config = config_of(tmp_path, plain("RoundTrip"), plain("RoundTrip", OTHER, "other"), instruments=instruments)

    first, second = run_backtest(config, tmp_path).trades

    assert {first.instrument_id, second.instrument_id} == {NAME, OTHER}
    fees = {trade.instrument_id: Decimal(trade.fees) for trade in (first, second)}
    assert fees[OTHER] == 2 * fees[NAME]


def test_a_strategy_hears_bars_of_every_interval_it_subscribes(tmp_path):
    config = config_of(tmp_path, plain("Listener"), rows=150, warmup=7)

    run_backtest(config, tmp_path)

    feed = open_feed(config, tmp_path)
    start = feed.position_ns
    feed.read(2**62, 10**6)
    for name, interval in (("1-MINUTE", "1m"), ("5-MINUTE", "5m"), ("1-HOUR", "1h")):
        rows = feed.history(NAME, interval, None, None, 10**6)
        closes = {INTERVALS[interval].close(row.ts_open): f"{row.close / 100:.2f}" for row in rows}
        heard = {ts: close for spec, ts, close in plain_strategies.heard if spec == name}
        assert heard == {ts: close for ts, close in closes.items() if ts >= start}
    at_the_hour = [spec for spec, ts, _ in plain_strategies.heard if ts == BEGIN + 60 * MINUTE]
    assert at_the_hour == ["1-MINUTE", "5-MINUTE", "1-HOUR"]
    assert [ts for _, ts, _ in plain_strategies.heard] == sorted(ts for _, ts, _ in plain_strategies.heard)


def test_bars_subscribed_in_the_middle_come_from_the_next_close_on(tmp_path):
    config = config_of(tmp_path, plain("LateListener"), rows=60, warmup=10)

    run_backtest(config, tmp_path)

    # the third bar heard closes at minute 13, so the bar from minute 10 is the first to close, whole
    heard = [(ts, close) for spec, ts, close in plain_strategies.heard if spec == "5-MINUTE"]
    assert heard == [(BEGIN + at * MINUTE, f"{100 + at / 100:.2f}") for at in range(15, 61, 5)]


def test_bars_subscribed_at_a_trade_hold_the_trades_before_it(tmp_path):
    begin, second = BEGIN // 10**6, MINUTE // 60
    times = [59_100, 59_500, 59_900, 61_000, 62_200, 130_000]
    csv_of(tmp_path, *(f"{begin + at},100,1" for at in times), header="t,price,size", name="t.csv")
    trades = spec(file="t.csv", data="trades", unit="ms", columns=ReplayColumns(ts="t"))

    run_backtest(config_of(tmp_path, plain("LateSeconds"), warmup=0, instruments={NAME: trades}), tmp_path)

    assert plain_strategies.heard == [
        ("1-SECOND", BEGIN + 60 * second, "3.000"),
        ("1-MINUTE", BEGIN + 60 * second, "3.000"),
        ("1-SECOND", BEGIN + 62 * second, "1.000"),
        ("1-SECOND", BEGIN + 63 * second, "1.000"),
        ("1-MINUTE", BEGIN + 120 * second, "2.000"),
    ]


def test_a_backtest_of_which_nothing_is_heard_for_long_goes_on(tmp_path):
    config = config_of(tmp_path, rows=60, warmup=0)
    csv_of(tmp_path, *minutes(5_000))

    assert run_backtest(msgspec.structs.replace(config, signals=()), tmp_path).steps == 5_000


@pytest.mark.parametrize("zone", ["UTC", "Asia/Tokyo", "America/New_York"])
def test_a_simulated_market_begins_at_the_same_time_everywhere(monkeypatch, zone):
    monkeypatch.setenv("TZ", zone)
    time.tzset()
    config = NodeConfig(sim=SimSection(start="2026-03-01T12:00:00"), backtest=BacktestSection(days=1))
    try:
        assert open_feed(config, Path()).start_ns == 1_772_366_400 * 10**9 + 1
    finally:
        monkeypatch.undo()
        time.tzset()


def test_trades_are_played_with_the_bars_made_of_them(tmp_path):
    begin = BEGIN // 10**9
    csv_of(tmp_path, *(f"{begin + 20 * n},{100 + n % 3},1" for n in range(12)), header="t,price,size", name="t.csv")
    trades = spec(file="t.csv", data="trades", unit="s", columns=ReplayColumns(ts="t"))
    config = config_of(tmp_path, plain("TradeListener"), warmup=0, instruments={NAME: trades})

    result = run_backtest(config, tmp_path)

    assert [kind for kind, _ in plain_strategies.heard] == (["trade"] * 3 + ["bar"]) * 3 + ["trade"] * 3
    assert result.bars == 12
    assert result.signals.total == 3


def test_a_failing_strategy_ends_the_backtest(tmp_path):
    with pytest.raises(BacktestError, match=r"failed in Failing\.on_bar: ZeroDivisionError: the third bar"):
        run_backtest(config_of(tmp_path, plain("Failing")), tmp_path)


def test_a_wrong_parameter_of_a_strategy_is_a_wrong_configuration(tmp_path):
    params = {"instrument_id": NAME, "quantity": "0.00001"}
    config = config_of(tmp_path, StrategyConfigSection(name="signal_follow", params=params))

    with pytest.raises(ConfigError, match="quantity must be positive with at most 3 places"):
        run_backtest(config, tmp_path)


def test_money_must_be_in_one_currency_at_one_venue(tmp_path):
    csv_of(tmp_path, *minutes(60), name="other.csv")
    in_btc = {NAME: spec(), "ETH-BTC.REPLAY": spec(file="other.csv", base="ETH", quote="BTC")}
    elsewhere = {NAME: spec(), "ETH-USDT.OTHER": spec(file="other.csv")}

    with pytest.raises(ConfigError, match="quoted in BTC, USDT"):
        run_backtest(config_of(tmp_path, instruments=in_btc), tmp_path)
    with pytest.raises(ConfigError, match="on venues OTHER, REPLAY"):
        run_backtest(config_of(tmp_path, instruments=elsewhere), tmp_path)
    with pytest.raises(ConfigError, match=r"backtest\.balances: expected a balance of USDT"):
        run_backtest(config_of(tmp_path, balance="0"), tmp_path)


def test_a_backtest_without_strategies_tells_the_signals(tmp_path):
    result = run_backtest(config_of(tmp_path), tmp_path)

    assert (result.signals.total, result.orders.total, result.trades) == (50, 0, ())
    assert result.strategy.sharpe is None
    assert Decimal(result.buy_and_hold.pnl) != 0


def test_holes_are_counted_and_nothing_is_invented_in_them(tmp_path):
    config = config_of(tmp_path)
    csv_of(tmp_path, *minutes(60, skip=(5, 20, 21, 40)))

    result = run_backtest(config, tmp_path)

    assert (result.bars, result.signals.total, result.data[0].holes) == (46, 46, 2)


def test_progress_is_told_to_the_end(tmp_path):
    told = []

    run_backtest(config_of(tmp_path, rows=4_600), tmp_path, lambda done, total: told.append((done, total)))

    assert told == [(2_000, 4_590), (4_000, 4_590), (4_590, 4_590)]


def test_the_simulated_market_can_be_backtested():
    config = NodeConfig(sim=SimSection(seed=7), backtest=BacktestSection(days=1))

    first, second = run_backtest(config, Path()), run_backtest(config, Path())

    assert first.to_json() == second.to_json()
    assert {item.source for item in first.data} == {"simulator"}
    assert [item.bars for item in first.data] == [1_440] * 3


@real_files
@pytest.mark.slow
def test_45_031_real_bars():
    params = {"instrument_id": "BTC-USDT-SWAP.REPLAY", "quantity": "1", "allow_short": True}
    config = NodeConfig(
        market="replay",
        replay=ReplaySection(instruments={"BTC-USDT-SWAP.REPLAY": real_bars()}),
        strategies=(StrategyConfigSection(name="signal_follow", params=params),),
        backtest=BacktestSection(leverage=3.0),
    )

    result = run_backtest(config, REAL)

    assert result.bars == result.signals.total == 44_531
    assert result.orders.filled == result.orders.total > 50
    assert {trade.side for trade in result.trades} == {"long", "short"}
    assert len(result.equity) <= 2_000


@real_files
@pytest.mark.slow
def test_four_real_pairs_on_one_clock():
    names = ("ETH", "LTC", "XMR", "ADA")
    config = NodeConfig(
        market="replay",
        replay=ReplaySection(instruments={f"{name}-BTC.REPLAY": real_pair(name) for name in names}),
        signals=(msgspec.structs.replace(NodeConfig().signals[0], interval="5m"),),
        backtest=BacktestSection(balances={"BTC": "10"}),
    )

    result = run_backtest(config, REAL)

    assert {item.instrument_id[:3]: item.holes for item in result.data} == {"ETH": 0, "LTC": 0, "XMR": 2, "ADA": 5}
    assert result.signals.total == result.bars == sum(item.bars for item in result.data)
    assert result.currency == "BTC"
