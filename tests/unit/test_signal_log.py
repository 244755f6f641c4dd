import msgspec
import pytest

from actors.signal.log import SignalLog
from tests.bridge.fakes import BTC, START_NS, signal

MINUTE = 60_000_000_000
ETH = "ETH-USDT.SIM"


def at(*minutes, **kwargs):
    return [signal(START_NS + minute * MINUTE, **kwargs) for minute in minutes]


def filled(*minutes, capacity=100, **kwargs):
    log = SignalLog(capacity)
    log.extend(at(*minutes, **kwargs))
    return log


def minutes(found):
    return [(item.ts_bar - START_NS) // MINUTE for item in found]


def test_recent_gives_the_newest_oldest_first():
    log = filled(0, 1, 2, 3)

    assert minutes(log.recent(BTC, "1m", 2)) == [2, 3]
    assert minutes(log.recent(BTC, "1m", 99)) == [0, 1, 2, 3]
    assert log.recent(BTC, "1m", 0) == []


def test_a_bar_keeps_its_first_signal():
    log = filled(0, 1)
    again = msgspec.structs.replace(at(1)[0], backfilled=True)

    assert not log.append(again)
    assert [item.backfilled for item in log.recent(BTC, "1m", 9)] == [False, False]


def test_extend_counts_the_bars_that_had_no_signal():
    assert filled(0, 2).extend(at(0, 1, 2, 3)) == 2


def test_a_late_signal_takes_its_place_in_the_order_of_bars():
    log = filled(0, 1, 4)

    assert log.extend(at(2, 3)) == 2
    assert minutes(log.recent(BTC, "1m", 9)) == [0, 1, 2, 3, 4]


def test_no_more_than_the_capacity_is_kept_per_stream():
    log = filled(*range(10), capacity=4)
    log.extend(at(0, instrument_id=ETH))

    assert minutes(log.recent(BTC, "1m", 99)) == [6, 7, 8, 9]
    assert minutes(log.recent(ETH, "1m", 99)) == [0]


def test_a_late_signal_in_a_full_stream_pushes_the_oldest_out():
    log = filled(0, 1, 3, capacity=3)

    assert log.append(at(2)[0])
    assert minutes(log.recent(BTC, "1m", 9)) == [1, 2, 3]
    assert log.append(at(0)[0])
    assert minutes(log.recent(BTC, "1m", 9)) == [1, 2, 3]


def test_all_instruments_and_intervals_are_joined_by_the_time_of_the_bar():
    log = filled(0, 2)
    log.extend(at(1, 3, instrument_id=ETH))
    log.extend(at(0, interval="5m"))

    assert minutes(log.recent(None, "1m", 3)) == [1, 2, 3]
    assert len(log.recent(None, None, 99)) == 5
    assert minutes(log.recent(BTC, None, 99)) == [0, 0, 2]
    assert log.recent("NO-SUCH.SIM", None, 9) == []


@pytest.mark.parametrize(
    ("start", "end", "limit", "expected", "has_older"),
    [
        (None, None, 3, [9, 8, 7], True),
        (None, None, 10, [9, 8, 7, 6, 5, 4, 3, 2, 1, 0], False),
        (2, 5, 9, [4, 3, 2], False),
        (2, 5, 2, [4, 3], True),
        (None, 5, 2, [4, 3], True),
        (8, None, 9, [9, 8], False),
        (20, None, 9, [], False),
        (5, 5, 9, [], False),
        (7, 3, 9, [], False),
    ],
)
def test_a_page_is_newest_first_and_tells_whether_there_are_older_ones(start, end, limit, expected, has_older):
    bounds = {
        "start": None if start is None else START_NS + start * MINUTE,
        "end": None if end is None else START_NS + end * MINUTE,
    }
    found, more = filled(*range(10)).page(BTC, "1m", limit=limit, **bounds)

    assert (minutes(found), more) == (expected, has_older)


def test_a_page_over_several_streams_is_one_order():
    log = filled(0, 2, 4)
    log.extend(at(1, 3, instrument_id=ETH))
    found, has_older = log.page(None, None, start=None, end=None, limit=4)

    assert (minutes(found), has_older) == ([4, 3, 2, 1], True)


def test_a_cleared_log_takes_the_same_bars_again():
    log = filled(0, 1)

    log.clear()

    assert log.recent(None, None, 9) == []
    assert log.extend(at(0, 1)) == 2


def test_the_newest_signal_of_an_instrument_is_that_of_the_last_bar_that_closed_live():
    log = filled(0, 1)
    log.extend(at(0, interval="5m"))
    log.extend(msgspec.structs.replace(one, backfilled=True) for one in at(7))
    log.extend(at(2, instrument_id=ETH))
    late = at(0)[0]

    assert not log.append(late)
    assert log.newest(BTC).ts_bar == START_NS + MINUTE
    assert log.newest(ETH).ts_bar == START_NS + 2 * MINUTE
    assert log.newest("NO.SIM") is None
    log.clear()
    assert log.newest(BTC) is None
