import msgspec

from actors.market import MINUTE_NS, BarRow, interval_of
from actors.messages import Thresholds
from actors.signal.aggregator import Aggregator
from actors.signal.features import NAMES, WARMUP
from actors.signal.stream import SignalStream
from config.signals import SignalConfig
from tests.unit.walks import INSTRUMENT, START, line, walk


def stream(backfill=500, rows=(), interval="1m"):
    made = SignalStream(INSTRUMENT, interval_of(interval), Aggregator.from_config(SignalConfig()), backfill)
    made.load(rows, trace_id="load", ts_init=0)
    return made


def closed(made, rows):
    return [made.close(row, "trace", 5) for row in rows]


def plain(signals):
    """Everything that must be equal live and in a backtest."""
    return [msgspec.structs.replace(item, trace_id="", ts_init=0, backfilled=False) for item in signals]


def test_there_is_one_signal_for_every_bar_also_while_warming_up():
    signals = closed(stream(), walk(100))

    assert [item.ts_bar for item in signals] == [START + i * MINUTE_NS for i in range(100)]
    assert [item.ts_event for item in signals] == [START + (i + 1) * MINUTE_NS for i in range(100)]
    assert signals[0].reasons == (f"warming up: 1 of {WARMUP} bars",)
    assert (signals[0].signal, signals[0].features) == ("neutral", ())
    assert len(signals[-1].features) == len(NAMES)


def test_a_signal_tells_what_it_is_about():
    row = walk(1)[0]
    signal = stream().close(row, "trace", 5, False, True)

    assert (signal.instrument_id, signal.interval) == ("BTC-USDT.SIM", "1m")
    assert signal.bar_type == "BTC-USDT.SIM-1-MINUTE-LAST-EXTERNAL"
    assert signal.price == f"{row.close / 100:.2f}"
    assert (signal.trace_id, signal.ts_init, signal.stale, signal.backfilled) == ("trace", 5, True, False)
    assert signal.feature_schema == "bars-v2"
    assert signal.thresholds == Thresholds(long_above=0.6, short_below=0.4, confidence=0.0, quorum=0.5)


def test_a_load_gives_the_signals_of_the_last_bars_marked_as_history():
    made = stream(backfill=20)
    signals = made.load(walk(200), trace_id="load", ts_init=9)

    assert [item.ts_bar for item in signals] == [row.ts_open for row in walk(200)[-20:]]
    assert all(item.backfilled and not item.stale for item in signals)
    assert stream(backfill=0).load(walk(200), trace_id="load", ts_init=9) == []
    assert len(stream(backfill=500).load(walk(200), trace_id="load", ts_init=9)) == 200


def test_history_and_live_bars_give_the_same_signals():
    rows = walk(300)

    assert plain(closed(stream(), rows)) == plain(stream(backfill=300).load(rows, trace_id="", ts_init=0))


def test_a_new_stream_goes_on_where_the_old_one_was():
    rows = walk(400)
    old, new = stream(rows=rows[:300]), stream(rows=rows[:300])
    closed(new, rows[300:350])
    new.load(rows[:350], trace_id="again", ts_init=0)

    assert plain(closed(old, rows[300:])[50:]) == plain(closed(new, rows[350:]))


def test_a_hole_is_told_and_the_state_goes_on():
    rows = walk(200)
    signals = closed(stream(rows=rows[:100]), [*rows[100:110], *rows[113:120]])
    told = [item for item in signals if "missing" in item.reasons[0]]

    assert [(item.ts_bar, item.reasons[0]) for item in told] == [
        (rows[113].ts_open, "3 bars are missing before this one")
    ]
    assert all(item.features for item in signals)


def test_after_a_long_hole_it_warms_up_anew():
    rows = walk(400)
    after = closed(stream(rows=rows[:100]), rows[100 + WARMUP :])

    assert after[0].reasons == (f"{WARMUP} bars are missing before this one", f"warming up: 1 of {WARMUP} bars")
    assert after[WARMUP - 1].features != ()
    assert plain(after)[1:] == plain(closed(stream(), rows[100 + WARMUP :]))[1:]


def test_a_long_interval_closes_by_the_calendar():
    month = BarRow(1_698_796_800_000_000_000, 1, 1, 1, 1, 1)  # 2023-11
    made = stream(interval="1M")

    assert made.close(month, "t", 0).ts_event == 1_701_388_800_000_000_000  # 2023-12-01


def test_a_flat_market_is_neutral():
    assert {item.signal for item in closed(stream(), line(200))} == {"neutral"}
