"""The reference of a stream, through the real buffer and engine: the numbers that training computes from the files."""

from msgspec.structs import replace

from actors.market import interval_of
from actors.signal.features import NAMES, WARMUP, vectors_of
from actors.signal.log import SignalLog
from actors.signal.reference import ReferenceBars
from actors.signal.session import Session
from adapters.replay.feed import ReplayFeed
from config.signals import SignalConfig
from node.backtest.command import run_backtest
from tests.node.backtests import config_of
from tests.recordings import NAME, csv_of, minutes, spec

INDEX = "VIX.REPLAY"
HOURS = "00:30-06:30 UTC"
ROWS, HOLES = 400, (150, 151, 210, 211, 212, 213, 214, 215, 300)
EVER = 2**62


def floats(feed, name, interval):
    price, size = (10.0**places for places in (2, 3))
    return [
        (row.ts_open, row.open / price, row.high / price, row.low / price, row.close / price, row.volume / size)
        for row in feed.history(name, interval, None, EVER, EVER)
    ]


def waves():
    """Rows of an index that swings, with minutes missing."""
    rows = []
    for number, row in enumerate(minutes(ROWS)):
        stamp, *_, volume = row.split(",")
        close = 20.0 + number * 7 % 31 / 10
        if number not in HOLES:
            rows.append(f"{stamp},{close:.2f},{close + 0.1:.2f},{close - 0.1:.2f},{close:.2f},{volume}")
    return rows


def test_a_backtest_sees_of_the_reference_what_training_sees(tmp_path):
    instruments = {NAME: spec(), INDEX: spec(file="vix.csv", base="VIX")}
    csv_of(tmp_path, *waves(), name="vix.csv")
    for interval in ("1m", "5m"):
        config = replace(
            config_of(tmp_path, rows=ROWS, warmup=100, instruments=instruments),
            signals=(SignalConfig(instruments=(NAME,), interval=interval, reference=INDEX, session=HOURS),),
        )
        kept = SignalLog(capacity=5_000)
        run_backtest(config, tmp_path, signals=kept)
        signals = kept.recent(NAME, interval, 5_000)

        feed = ReplayFeed.from_config(replace(config.replay, warmup_bars=0), tmp_path)
        for _ in feed.read(EVER, 10**6):
            pass
        step, session = interval_of(interval), Session.from_text(HOURS)
        reference = ReferenceBars(step, most=None)
        reference.load((bar[0], bar[4]) for bar in floats(feed, INDEX, interval))
        vectors = vectors_of(floats(feed, NAME, interval), step, session=session, reference=reference)

        assert [signal.features for signal in signals] == [()] * (WARMUP - 1) + vectors[WARMUP - 1 :]
        moved = [signal.features[NAMES.index("reference_return")] for signal in signals[WARMUP:]]
        assert len(set(moved)) > 5
