"""A player that is paused, sped up and stepped: exactly so far and no further."""

import asyncio

import pytest

from actors.market import INTERVALS
from adapters.player import Player
from adapters.steps import BarSteps, EventSteps
from config.recorded import ReplaySection
from tests.listening import Ears, playing
from tests.recordings import BEGIN, MINUTE, NAME, csv_of, feed_of, minutes, spec

SECOND = 1_000_000_000
TRADES = "timestamp,price,size"


def trades_of(folder, *seconds):
    """Return a feed of trades so many seconds after 2022-01-01."""
    from adapters.replay.feed import ReplayFeed

    rows = [f"{BEGIN + int(second * SECOND)},100.00,1.000" for second in seconds]
    csv_of(folder, *rows, header=TRADES, name="trades.csv")
    given = {"file": "trades.csv", "data": "trades", "unit": "ns"}
    return ReplayFeed.from_config(ReplaySection(warmup_bars=0, instruments={NAME: spec(**given)}), folder)


def bars(player, count, interval="1m"):
    return BarSteps(player.feed, [NAME], INTERVALS[interval], count)


async def stepped(player, steps):
    await player.step(steps).wait()


async def test_a_paused_market_stands_still_and_goes_on_where_it_was(tmp_path):
    player, ears = Player(feed_of(tmp_path, *minutes(600)), speed=6_000.0), Ears()
    async with playing(player, ears):
        await ears.until(lambda: ears.heard)
        player.pause()
        stands, heard = player.position_ns, len(ears.heard)
        await asyncio.sleep(0.05)
        assert (player.position_ns, len(ears.heard), player.is_between_events) == (stands, heard, True)
        player.set_speed(0)
        player.play()
        await ears.until(lambda: len(ears.heard) == 600)
    assert [event.ts for event in ears.heard] == [BEGIN + n * MINUTE for n in range(1, 601)]


async def test_after_a_pause_market_time_does_not_run_after_the_wall_clock(tmp_path):
    now = 100.0
    player, ears = Player(feed_of(tmp_path, *minutes(600)), speed=60.0, monotonic=lambda: now), Ears()
    async with playing(player, ears):
        player.pause()
        await asyncio.sleep(0.01)
        now += 3_600.0
        player.play()
        await asyncio.sleep(0.06)
        assert ears.heard == []
        now += 0.9
        await ears.until(lambda: player.position_ns >= BEGIN + 54 * SECOND)
        now += 0.2
        await ears.until(lambda: ears.heard)
    assert len(ears.heard) == 1


async def test_another_speed_counts_from_where_the_market_is(tmp_path):
    now = 100.0
    player, ears = Player(feed_of(tmp_path, *minutes(600)), speed=60.0, monotonic=lambda: now), Ears()
    async with playing(player, ears):
        await asyncio.sleep(0.01)
        now += 0.9
        await ears.until(lambda: player.position_ns >= BEGIN + 54 * SECOND)
        player.set_speed(1.0)
        now += 5.0
        await ears.until(lambda: player.position_ns >= BEGIN + 55 * SECOND)
        assert player.position_ns <= BEGIN + 59 * SECOND
    assert ears.heard == []


@pytest.mark.parametrize(("interval", "count", "events"), [("1m", 1, 1), ("1m", 7, 7), ("5m", 1, 5), ("5m", 3, 15)])
async def test_a_step_plays_until_so_many_recorded_bars_have_closed(tmp_path, interval, count, events):
    player, ears = Player(feed_of(tmp_path, *minutes(100)), speed=1.0), Ears()
    async with playing(player, ears):
        await stepped(player, bars(player, count, interval))
        await asyncio.sleep(0.01)
        assert (len(ears.heard), player.is_paused, player.is_stepping) == (events, True, False)
        await stepped(player, bars(player, count, interval))
    assert [event.ts for event in ears.heard] == [BEGIN + n * MINUTE for n in range(1, 2 * events + 1)]


async def test_a_step_does_not_count_the_bars_of_a_hole(tmp_path):
    rows = minutes(4_000, skip=tuple(range(3, 3_995)))
    player, ears = Player(feed_of(tmp_path, *rows), speed=1.0), Ears()
    async with playing(player, ears):
        await stepped(player, bars(player, 4))
    assert [(event.ts - BEGIN) // MINUTE for event in ears.heard] == [1, 2, 3, 3_996]


async def test_a_bar_of_trades_is_closed_when_its_time_is_over(tmp_path):
    player, ears = Player(trades_of(tmp_path, 1, 59, 60, 61, 185, 240), speed=1.0), Ears()
    async with playing(player, ears):
        await stepped(player, bars(player, 1))
        assert ([event.ts - BEGIN for event in ears.heard], player.position_ns - BEGIN) == (
            [1 * SECOND, 59 * SECOND],
            MINUTE,
        )
        await stepped(player, bars(player, 2))
    assert (len(ears.heard), player.position_ns - BEGIN) == (5, 4 * MINUTE)


async def test_a_step_by_events_plays_just_so_many(tmp_path):
    player, ears = Player(trades_of(tmp_path, 1, 1, 1, 2, 70), speed=1.0), Ears()
    async with playing(player, ears):
        await stepped(player, EventSteps(2))
        assert len(ears.heard) == 2
        await stepped(player, EventSteps(2))
        assert len(ears.heard) == 4
        player.play()
        player.set_speed(0)
        await ears.until(lambda: len(ears.heard) == 5)


async def test_a_bar_step_after_an_event_step_plays_the_bar_after_it(tmp_path):
    player, ears = Player(feed_of(tmp_path, *minutes(20)), speed=0), Ears()
    player.pause()
    async with playing(player, ears):
        await stepped(player, EventSteps(2))
        await stepped(player, bars(player, 1))
        assert len(ears.heard) == 3
        await stepped(player, EventSteps(1))
        await stepped(player, bars(player, 1, "5m"))
        assert len(ears.heard) == 5


async def test_a_step_ends_with_the_market(tmp_path):
    player, ears = Player(feed_of(tmp_path, *minutes(3)), speed=1.0), Ears()
    async with playing(player, ears):
        steps = bars(player, 10)
        await stepped(player, steps)
    assert (len(ears.heard), steps.is_done, player.is_ended) == (3, False, True)


@pytest.mark.parametrize("end", [Player.pause, Player.play])
async def test_pause_and_play_end_a_step(tmp_path, end):
    player, ears = Player(feed_of(tmp_path, *minutes(600)), speed=1.0), Ears(a_turn=0)
    async with playing(player, ears):
        stood = player.step(bars(player, 500))
        await ears.until(lambda: ears.heard)
        end(player)
        await stood.wait()
        assert (player.is_stepping, player.is_paused) == (False, end is Player.pause)


async def test_a_step_is_over_only_when_it_has_been_heard(tmp_path):
    player, ears = Player(feed_of(tmp_path, *minutes(100)), speed=1.0), Ears(a_turn=1)
    async with playing(player, ears):
        await stepped(player, bars(player, 50))
        assert ears.backlog() == 0


async def test_a_paused_player_can_be_halted_and_goes_on_paused(tmp_path):
    player, first, second = Player(feed_of(tmp_path, *minutes(600)), speed=0), Ears(), Ears()
    player.pause()
    async with playing(player, first) as task:
        await asyncio.sleep(0)
        await player.halt()
        await task
    async with playing(player, second):
        await asyncio.sleep(0.01)
        assert second.heard == []
        await stepped(player, EventSteps(3))
    assert (len(first.heard), len(second.heard)) == (0, 3)


async def test_a_step_under_way_ends_when_the_player_is_halted(tmp_path):
    player, ears = Player(feed_of(tmp_path, *minutes(600)), speed=0), Ears(a_turn=64)
    async with playing(player, ears):
        stood = player.step(bars(player, 500))
        await ears.until(lambda: ears.heard)
        await player.halt()
        assert stood.is_set()
        assert not player.is_stepping
