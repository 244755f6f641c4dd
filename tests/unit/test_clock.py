"""Market time beside the wall clock."""

from hypothesis import given
from hypothesis import strategies as st

from actors.clock import MarketClock


class Wall:
    """Seconds that the test moves."""

    def __init__(self):
        self.now = 100.0

    def __call__(self):
        return self.now


def test_there_is_no_market_time_before_the_first_tick():
    clock = MarketClock(Wall())

    assert (clock.now_ns, clock.now_ms, clock.age_s()) == (0, 0, None)
    assert clock.is_stale(1e9)


@given(st.lists(st.integers(0, 2**62), min_size=1))
def test_market_time_is_the_newest_stamp_and_never_goes_back(stamps):
    clock = MarketClock(Wall())
    for number, ts in enumerate(stamps, 1):
        clock.advance(ts)
        assert clock.now_ns == max(stamps[:number])


def test_no_message_goes_out_before_what_it_tells_while_market_time_waits_for_a_trade():
    clock = MarketClock(Wall())
    clock.advance(5_000_000)
    clock.hear(7_000_000)
    assert (clock.now_ms, clock.told_ms) == (5, 7)

    clock.hear(6_000_000)
    assert clock.told_ms == 7

    clock.advance(9_000_000)
    assert (clock.now_ms, clock.told_ms) == (9, 9)

    clock.reset(2_000_000)
    assert (clock.now_ms, clock.told_ms) == (2, 2)


def test_milliseconds_are_cut_not_rounded():
    clock = MarketClock(Wall())
    clock.advance(1_999_999)

    assert clock.now_ms == 1


def test_the_feed_is_stale_by_wall_time_whatever_its_stamps_say():
    wall = Wall()
    clock = MarketClock(wall)
    clock.advance(10**18)

    wall.now += 15.0
    assert (clock.age_s(), clock.is_stale(15.0)) == (15.0, False)
    wall.now += 0.5
    assert clock.is_stale(15.0)


def test_an_older_stamp_shows_that_the_feed_lives():
    wall = Wall()
    clock = MarketClock(wall)
    clock.advance(10**18)
    wall.now += 60.0

    clock.advance(5)

    assert (clock.age_s(), clock.now_ns) == (0.0, 10**18)


def test_a_jump_of_the_wall_clock_backwards_does_not_matter():
    wall = Wall()
    clock = MarketClock(wall)
    clock.advance(7)
    wall.now += 3.0

    assert clock.age_s() == 3.0


def test_a_reset_goes_anywhere_and_waits_for_a_tick():
    clock = MarketClock(Wall())
    clock.advance(10**18)

    clock.reset(5)

    assert (clock.now_ns, clock.age_s()) == (5, None)
