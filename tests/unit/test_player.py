"""Playing by wall time: in order, once, for whoever listens, and never faster than the listeners hear."""

import asyncio

import pytest

from actors.market import SECOND_NS
from adapters.player import CHUNK, HALT_S, MAX_BACKLOG, MAX_LAG_S, Player
from adapters.sim.feed import SimFeed
from config.schema import SimSection
from tests.listening import ENOUGH, Ears, playing
from tests.recordings import BEGIN, MINUTE, feed_of, minutes
from tests.simulated import EVER, START, market, one

pytestmark = pytest.mark.filterwarnings("error")


class TornFeed(SimFeed):
    """A market that breaks in its first minute."""

    def read(self, until_ns, limit):
        if self.position_ns > START:
            raise OSError("the tape is torn")
        return super().read(until_ns, limit)


class Tired(Ears):
    """Once it is told to, handles one event whenever it is asked, and takes its time for that."""

    def __init__(self):
        super().__init__(a_turn=0)
        self._is_tired, self._late_s = False, 0.0

    def tire(self, loop, left):
        clock, self._is_tired, self.waiting = loop.time, True, left
        loop.time = lambda: clock() + self._late_s

    def backlog(self):
        if self._is_tired and self.waiting:
            self._late_s += 0.4 * HALT_S
            self.waiting -= 1
        return super().backlog()


class Told:
    """Remembers what it was called with."""

    def __init__(self):
        self.calls, self.event = [], asyncio.Event()

    def __call__(self, value):
        self.calls.append(value)
        self.event.set()


async def test_it_plays_every_event_in_order_as_fast_as_it_goes():
    ears, player = Ears(), Player(market(), speed=0)
    async with playing(player, ears):
        await ears.enough.wait()
    assert ears.heard == list(market().read(player.position_ns, EVER))
    assert ears.positions == sorted(ears.positions)


async def test_it_keeps_the_speed_wanted():
    loop, ears = asyncio.get_running_loop(), Ears()
    player, began = Player(market(), speed=500.0), loop.time()
    async with playing(player, ears):
        await ears.enough.wait()
        market_s = (player.position_ns - START) / SECOND_NS
        assert market_s <= (loop.time() - began) * 500
    assert market_s >= ENOUGH / 9 - 1


async def test_nothing_is_due_before_the_next_event_has_its_time():
    now = 0.0
    player = Player(market(), speed=1.0, monotonic=lambda: now)
    ahead_s = (player.feed.next_ts() - START) / SECOND_NS
    player._set_anchor()

    assert player.is_between_events
    now = ahead_s + 0.001
    assert not player.is_between_events


async def test_market_time_stands_still_while_nobody_listens_and_nothing_is_lost_or_doubled():
    player, first, second = Player(market(), speed=0), Ears(a_turn=8), Ears()
    async with playing(player, first):
        await first.enough.wait()
        await player.halt()
        assert first.backlog() == 0
        stands = player.position_ns
        await asyncio.sleep(0.01)
        assert player.position_ns == stands
    async with playing(player, second):
        await second.enough.wait()
    assert first.heard + second.heard == list(market().read(player.position_ns, EVER))


async def test_an_earlier_listener_hears_no_more():
    player, first, second = Player(market(), speed=0), Ears(), Ears()
    async with playing(player, first) as task:
        await first.enough.wait()
        async with playing(player, second):
            await second.enough.wait()
            await asyncio.wait([task])
    assert first.heard + second.heard == list(market().read(player.position_ns, EVER))


async def test_a_slow_listener_is_waited_for():
    ears = Ears(a_turn=3)
    async with playing(Player(market(), speed=0), ears):
        await ears.until(lambda: len(ears.heard) >= 5_000)
    assert ears.most <= MAX_BACKLOG + 2 * CHUNK


async def test_a_queue_that_was_full_runs_empty_before_it_gets_more():
    class Counting(Ears):
        def deliver(self, events, position_ns):
            self.before.append(self.waiting)
            super().deliver(events, position_ns)

    ears = Counting(a_turn=3)
    ears.before = []
    async with playing(Player(market(), speed=0), ears):
        await ears.until(lambda: len(ears.heard) >= 5_000)
    assert ears.before.count(0) >= 5_000 // (MAX_BACKLOG + 2 * CHUNK)


@pytest.mark.slow
async def test_a_halt_does_not_wait_for_a_dead_listener_for_ever():
    player, ears = Player(market(), speed=0), Ears(a_turn=0)
    async with playing(player, ears):
        await ears.enough.wait()
        await player.halt()
    assert ears.backlog() > 0


async def test_a_halt_waits_for_a_slow_listener_as_long_as_it_handles_something():
    player, ears = Player(market(), speed=0), Tired()
    async with playing(player, ears):
        await ears.enough.wait()
        ears.tire(asyncio.get_running_loop(), left=200)
        await player.halt()
        assert ears.waiting == 0


async def test_a_dead_listener_is_left_when_another_one_comes():
    player, dead, alive = Player(market(), speed=0), Ears(a_turn=0), Ears()
    async with playing(player, dead) as task:
        await dead.until(lambda: len(dead.heard) > MAX_BACKLOG)
        async with playing(player, alive):
            await task
            await alive.enough.wait()


async def test_a_halt_waits_for_the_listener_that_hears_and_not_for_an_earlier_one():
    player, first, second = Player(market(), speed=0), Ears(a_turn=1), Ears(a_turn=1)
    async with playing(player, first) as task:
        await first.enough.wait()
        async with playing(player, second):
            await second.until(lambda: second.backlog() > CHUNK)
            await task
            await player.halt()
            stands = len(second.heard), second.backlog()
            await asyncio.sleep(0.01)
            assert stands == (len(second.heard), 0)


async def test_one_who_comes_too_late_to_play_disturbs_nobody():
    player, late, second = Player(market(), speed=0), Ears(), Ears(a_turn=64)
    player.attach(late)
    async with playing(player, second):
        await second.enough.wait()
        await player.run(late)
        await player.halt()
        assert second.backlog() == 0
    assert late.heard == []


@pytest.mark.parametrize("at_end", ["hold", "loop", "exit"])
async def test_the_end_is_told_once_with_what_it_means(tmp_path, at_end):
    feed, ended, ears = feed_of(tmp_path, *minutes(20)), Told(), Ears()
    player = Player(feed, speed=0, at_end=at_end, on_end=ended)
    async with playing(player, ears) as task:
        await task
    async with playing(player, Ears()) as task:
        await task
    assert ended.calls == [at_end]
    assert player.is_ended
    assert len(ears.heard) == 20
    assert ears.positions[-1] > BEGIN + 20 * MINUTE


async def test_a_feed_moved_back_is_played_again(tmp_path):
    feed, ended, ears = feed_of(tmp_path, *minutes(20)), Told(), Ears()
    player = Player(feed, speed=0, on_end=ended)
    async with playing(player, ears) as task:
        await task
    feed.rewind()
    player.restart()
    async with playing(player, ears) as task:
        await task
    assert len(ears.heard) == 40
    assert len(ended.calls) == 2


async def test_a_market_with_few_trades_is_not_ahead_of_time():
    now, begin = 100.0, START + 20 * SECOND_NS  # three seconds before a minute without any more events ends
    feed, ears = one(trades_per_min=1, position=begin), Ears()
    player = Player(feed, speed=8.0, monotonic=lambda: now)
    async with playing(player, ears):
        for step in range(5):
            await ears.until(lambda step=step: player.position_ns >= begin + step * SECOND_NS)
            assert player.position_ns == begin + step * SECOND_NS
            now += 0.125


async def test_a_failure_of_the_feed_is_told():
    told = Told()
    player = Player(TornFeed(SimSection(), START), speed=0, on_fault=told)
    async with playing(player, Ears()) as task:
        await task
    assert [str(error) for error in told.calls] == ["the tape is torn"]
    assert player.fault is told.calls[0]


async def test_a_failure_of_the_listener_is_told():
    told = Told()
    async with playing(Player(market(), speed=0, on_fault=told), Ears(deaf_after=10)) as task:
        await task
    assert [str(error) for error in told.calls] == ["cannot hear"]


async def test_market_time_waits_where_it_is_not_allowed_to_go():
    mark, ears = START + MINUTE, Ears()
    player = Player(market(), speed=100_000.0, allowed=lambda until: min(until, mark))
    async with playing(player, ears):
        await ears.until(lambda: player.position_ns == mark)
        await asyncio.sleep(0.02)
        assert player.position_ns == mark
        mark = START + 2 * MINUTE
        await ears.until(lambda: player.position_ns == mark)
    assert ears.heard == list(market().read(mark, EVER))


async def test_after_a_standstill_market_time_falls_behind_and_does_not_rush():
    now = 100.0
    ears, player = Ears(), Player(market(), speed=10.0, monotonic=lambda: now)
    async with playing(player, ears):
        await asyncio.sleep(0.01)
        now += 3_600.0
        await ears.until(lambda: player.position_ns > START)
        await asyncio.sleep(0.06)
    assert player.position_ns == START + int(MAX_LAG_S * 10) * SECOND_NS
