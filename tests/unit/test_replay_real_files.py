"""Real recordings of other people: four formats, holes, no header, trades."""

import pytest
import structlog

from adapters.replay.feed import ReplayFeed
from adapters.replay.reader import read_recording
from config.recorded import ReplayColumns, ReplaySection
from tests.recordings import REAL, real_bars, real_files, real_pair, spec

pytestmark = real_files
EVER = 2**62


@pytest.mark.slow
def test_a_csv_of_45_031_bars_with_volume_in_quote_currency():
    recording = read_recording("BTC-USDT-SWAP.REPLAY", real_bars(), REAL)

    first = recording.rows.part(0, 1).bar_rows()[0]
    assert len(recording.rows) == 45_031
    assert (first.open, first.close) == (46_319_000, 46_377_000)
    assert first.volume == round(2300413.7295 / 46377 * 1000)


def test_four_feather_files_on_one_clock_with_their_holes():
    instruments = {f"{name}-BTC.REPLAY": real_pair(name) for name in ("ETH", "LTC", "XMR", "ADA")}
    with structlog.testing.capture_logs() as logs:
        feed = ReplayFeed.from_config(ReplaySection(instruments=instruments), REAL)
    warmup = feed.rows_read

    events = feed.read(EVER, 10**6)

    assert {log["instrument_id"]: log["holes"] for log in logs} == {"XMR-BTC.REPLAY": 2, "ADA-BTC.REPLAY": 5}
    assert [event.ts for event in events] == sorted(event.ts for event in events)
    assert len(events) == sum(len(item.times) for item in feed.recordings.values()) - warmup
    assert len(feed.history("XMR-BTC.REPLAY", "5m", None, None, 10**6)) == 5_758


def test_trades_of_a_parquet_file():
    columns = ReplayColumns(size="quantity", trade_id="trade_id", buyer_is_maker="buyer_maker")
    trades = spec(file="binance_btcusdt-trades.parquet", data="trades", size_precision=6, columns=columns)
    section = ReplaySection(warmup_bars=0, instruments={"BTC-USDT.REPLAY": trades})

    feed = ReplayFeed.from_config(section, REAL)
    first, *_, last = events = feed.read(EVER, 10**6)

    assert len(events) == 2_001
    assert (first.price, first.size, first.side, first.trade_id) == (3_943_248, 263, "sell", "553287559")
    assert 45e9 < last.ts - first.ts < 47e9
    (bar,) = feed.history("BTC-USDT.REPLAY", "30s", None, None, 10)
    within = [event for event in events if event.ts < bar.ts_open + 30 * 10**9]
    assert bar.volume == sum(event.size for event in within)
    assert (bar.high, bar.low) == (max(event.price for event in within), min(event.price for event in within))


def test_a_zipped_csv_without_a_header():
    columns = ReplayColumns(ts=1, open=2, high=3, low=4, close=5, volume=6)
    daily = spec(
        file="crypto_coinbase_daily_btcusd_trade.zip", header=False, interval="1d", size_precision=8, columns=columns
    )

    recording = read_recording("BTC-USD.COINBASE", daily, REAL)

    assert len(recording.rows) == 1_318
    assert recording.rows.part(0, 1).bar_rows()[0].high == 37_000
