"""One instrument of several files, and settings that cannot be meant."""

import pytest

from actors.market import QuoteRow, TradeRow
from adapters.replay.feed import ReplayFeed
from adapters.replay.reader import read_recording
from config.errors import ConfigError, MarketDataError
from config.recorded import ReplayColumns, ReplayFile, ReplaySection
from tests.recordings import BEGIN, MINUTE, NAME, REAL, csv_of, feed_of, minutes, real_files, spec

TRADES, QUOTES = "timestamp,price,size", "timestamp,bid,bid_size,ask,ask_size"
EVER = 2**62


def file(name, data, **more):
    return ReplayFile(file=f"{name}.csv", data=data, **{"unit": "ns", **more})


def several(folder, *files, warmup=0, **more):
    section = ReplaySection(warmup_bars=warmup, instruments={NAME: spec(**{"file": "", "files": files, **more})})
    return ReplayFeed.from_config(section, folder)


def test_quotes_beside_bars_play_in_the_order_of_time(tmp_path):
    csv_of(tmp_path, f"{BEGIN + 1},99.5,1,100.5,2", f"{BEGIN + MINUTE},99.6,1,100.4,0", header=QUOTES, name="q.csv")
    feed = feed_of(tmp_path, *minutes(2), files=(file("q", "quotes"),))
    events = feed.read(EVER, 10)

    assert [event.ts - BEGIN for event in events] == [1, MINUTE, MINUTE, 2 * MINUTE]
    assert events[2] == QuoteRow(NAME, BEGIN + MINUTE, 9960, 10040, 1000, 0)
    assert feed.kinds(NAME) == {"quotes"}
    assert feed.native_interval(NAME) == "1m"


def test_the_newest_quote_is_the_last_before_now(tmp_path):
    csv_of(tmp_path, *(f"{BEGIN + n},{n}.5,1,{n}.6,1" for n in (1, 2, 3)), header=QUOTES, name="q.csv")
    feed = feed_of(tmp_path, *minutes(2), files=(file("q", "quotes"),))

    assert feed.quote(NAME) is None
    feed.read(BEGIN + 3, 10)
    assert feed.quote(NAME).bid == 250


def test_bars_beside_trades_are_the_history_before_them(tmp_path):
    csv_of(tmp_path, *minutes(4), name="bars.csv")
    first = BEGIN + 2 * MINUTE + 30 * 10**9
    csv_of(tmp_path, *(f"{first + n * 20 * 10**9},{200 + n},1" for n in range(12)), header=TRADES, name="t.csv")
    feed = several(tmp_path, file("bars", "bars", unit="auto"), file("t", "trades"), warmup=2)

    assert feed.start_ns == BEGIN + 3 * MINUTE
    assert [(row.ts_open - BEGIN) // MINUTE for row in feed.history(NAME, "1m", None, None, 9)] == [0, 1, 2]
    assert feed.history(NAME, "15s", None, None, 9) == []
    assert feed.trades(NAME, 9) == []
    trades = feed.read(EVER, 99)
    assert [trade.trade_id for trade in trades] == [str(n) for n in range(3, 13)]
    bars = feed.history(NAME, "1m", None, None, 9)
    assert [(row.ts_open - BEGIN) // MINUTE for row in bars] == [0, 1, 2, 3, 4, 5]
    assert [(row.open, row.close) for row in bars[-3:]] == [(20200, 20400), (20500, 20700), (20800, 21000)]
    assert feed.history(NAME, "15s", None, None, 99)[0].ts_open >= feed.start_ns
    assert feed.kinds(NAME) == {"trades"}
    assert feed.native_interval(NAME) is None
    assert [trade.price for trade in feed.trades(NAME, 2)] == [21000, 21100]


def test_a_quote_upside_down_is_refused(tmp_path):
    csv_of(tmp_path, f"{BEGIN},2,1,3,1", f"{BEGIN},3.5,1,3,1", header=QUOTES, name="q.csv")
    with pytest.raises(MarketDataError, match="row 3: bid is above ask"):
        feed_of(tmp_path, *minutes(2), files=(file("q", "quotes"),))


CONTRADICTIONS = {
    "nothing": ({"file": ""}, "expected `file`, or `files`, found neither"),
    "no prices": (
        {"file": "", "files": (file("q", "quotes"),)},
        "expected one of bars or of trades, found only quotes",
    ),
    "twice": ({"files": (file("bars", "bars"),)}, "expected one file of bars, found 2"),
    "long bars": ({"interval": "5m", "files": (file("t", "trades"),)}, "expected bars of 1m beside trades, found 5m"),
    "a fee of 500 %": ({"taker_fee": "5"}, r"taker_fee: expected a share of at most 0.1 .* was 5"),
    "a rebate of 20 %": ({"maker_fee": "-0.2"}, r"maker_fee: expected a share of at most 0.1"),
    "one currency": ({"quote": "BTC"}, "quote: expected another currency than the base, was BTC"),
    "a margin above all": ({"margin_init": "1.5"}, "margin_init: expected a share of at most 1"),
    "margins upside down": ({"margin_maint": "0.1"}, "margin_maint: expected at most margin_init, which is 0"),
    "no quantity": ({"min_quantity": "0"}, "min_quantity: expected more than 0"),
    "a fine quantity": ({"min_quantity": "0.0001"}, "min_quantity: expected at most 3 decimal places"),
}


@pytest.mark.parametrize(("given", "said"), CONTRADICTIONS.values(), ids=CONTRADICTIONS)
def test_what_cannot_be_meant_is_refused_in_words_of_the_configuration(tmp_path, given, said):
    csv_of(tmp_path, *minutes(3), name="bars.csv")
    with pytest.raises(ConfigError, match=said) as refused:
        read_recording(NAME, spec(**given), tmp_path)
    assert str(refused.value).startswith(f"replay.instruments.{NAME}")


@real_files
def test_real_trades_and_quotes_play_together():
    files = (
        ReplayFile(file="binance_btcusdt-trades.parquet", data="trades", columns=ReplayColumns(size="quantity")),
        ReplayFile(file="binance_btcusdt-quotes.parquet", data="quotes"),
    )
    one = spec(file="", files=files, size_precision=6)
    feed = ReplayFeed.from_config(ReplaySection(warmup_bars=0, instruments={NAME: one}), REAL)
    events = feed.read(EVER, 10_000)

    assert (sum(isinstance(one, TradeRow) for one in events), sum(isinstance(one, QuoteRow) for one in events)) == (
        2_001,
        451,
    )
    assert [event.ts for event in events] == sorted(event.ts for event in events)
