"""The TTL cache without a shared store: lifetimes, bounds, and one answer made for all who ask."""

import asyncio
import contextlib

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from actors.cache.ttl import TtlCache
from config.errors import ShutdownError, VenueUnavailableError
from config.schema import CacheSection


class Clock:
    def __init__(self):
        self.now = 100.0

    def __call__(self):
        return self.now


class Maker:
    """Makes an answer when the test lets it."""

    def __init__(self, answer=b"answer", *, is_open=True):
        self.answer = answer
        self.made = 0
        self.gate = asyncio.Event()
        if is_open:
            self.gate.set()

    async def __call__(self):
        self.made += 1
        answer = self.answer
        await self.gate.wait()
        if isinstance(answer, Exception):
            raise answer
        return answer


def cache(clock=None, *, pace=1.0, **section):
    return TtlCache(CacheSection(**section), monotonic=clock or Clock(), pace=lambda: pace)


async def turns(count=5):
    for _ in range(count):
        await asyncio.sleep(0)


@pytest.mark.parametrize(("kind", "lifetime"), [("real_time", 10.0), ("historical", 300.0), ("technical", 60.0)])
async def test_each_kind_is_given_for_its_lifetime_and_not_a_moment_longer(kind, lifetime):
    clock, make = Clock(), Maker()
    kept = cache(clock)

    assert (await kept.get(kind, "k", make)).good_for_s == lifetime
    clock.now += lifetime - 0.001
    assert (await kept.get(kind, "k", make)).value == b"answer"
    assert make.made == 1
    clock.now += 0.001
    await kept.get(kind, "k", make)
    assert make.made == 2


async def test_an_answer_is_as_old_as_the_moment_at_which_its_making_began():
    clock, make = Clock(), Maker(is_open=False)
    kept = cache(clock)
    asking = asyncio.ensure_future(kept.get("real_time", "k", make))
    await turns()
    clock.now += 4.0
    make.gate.set()

    assert (await asking).good_for_s == 6.0
    clock.now += 6.0
    await kept.get("real_time", "k", make)
    assert make.made == 2


async def test_kinds_do_not_share_keys():
    kept = cache()

    await kept.get("real_time", "k", Maker(b"1"))

    assert (await kept.get("technical", "k", Maker(b"2"))).value == b"2"


async def test_the_present_grows_old_as_fast_as_its_market_and_the_past_does_not():
    fast, endless = cache(pace=100.0), cache(pace=0.0)

    assert [fast.lifetime_s(kind) for kind in ("real_time", "technical", "historical")] == [0.1, 0.6, 300.0]
    assert [endless.lifetime_s(kind) for kind in ("real_time", "technical", "historical")] == [0.0, 0.0, 300.0]
    make = Maker()
    for _ in range(2):
        await endless.get("technical", "k", make)
    assert make.made == 2


async def test_a_slow_market_does_not_make_answers_live_longer_than_promised():
    assert cache(pace=0.5).lifetime_s("real_time") == 10.0


async def test_those_who_ask_meanwhile_get_the_answer_that_is_being_made():
    make, kept = Maker(is_open=False), cache()
    asking = [asyncio.ensure_future(kept.get("technical", "k", make)) for _ in range(50)]
    await turns()
    make.gate.set()

    assert {cached.value for cached in await asyncio.gather(*asking)} == {b"answer"}
    assert make.made == 1


async def test_who_asks_late_is_not_given_what_has_been_in_the_making_for_longer_than_its_lifetime():
    clock, make = Clock(), Maker(b"old", is_open=False)
    kept = cache(clock)
    first = asyncio.ensure_future(kept.get("real_time", "k", make))
    await turns()
    clock.now += 11.0
    late = [asyncio.ensure_future(kept.get("real_time", "k", make)) for _ in range(3)]
    await turns()
    make.answer = b"new"
    make.gate.set()

    assert (await first).value == b"old"
    assert [cached.value for cached in await asyncio.gather(*late)] == [b"new"] * 3
    assert make.made == 2


async def test_what_has_no_lifetime_is_still_made_once_for_those_who_wait():
    make, kept = Maker(is_open=False), cache(pace=0.0)
    asking = [asyncio.ensure_future(kept.get("technical", "k", make)) for _ in range(5)]
    await turns()
    make.gate.set()
    await asyncio.gather(*asking)

    assert make.made == 1


async def test_one_who_stops_waiting_takes_nothing_from_the_others():
    make, kept = Maker(is_open=False), cache()
    first, second = (asyncio.ensure_future(kept.get("technical", "k", make)) for _ in range(2))
    await turns()
    first.cancel()
    await turns()
    make.gate.set()

    assert (await second).value == b"answer"
    assert first.cancelled()
    assert make.made == 1


async def test_an_answer_that_nobody_waits_for_any_more_is_still_kept():
    make, kept = Maker(is_open=False), cache()
    asking = asyncio.ensure_future(kept.get("technical", "k", make))
    await turns()
    asking.cancel()
    make.gate.set()
    await turns()

    await kept.get("technical", "k", make)
    assert make.made == 1


async def test_a_failure_reaches_all_who_wait_and_is_kept_for_nobody():
    make, kept = Maker(VenueUnavailableError("no answer"), is_open=False), cache()
    asking = [asyncio.ensure_future(kept.get("technical", "k", make)) for _ in range(3)]
    await turns()
    make.gate.set()
    outcomes = await asyncio.gather(*asking, return_exceptions=True)

    assert [type(one) for one in outcomes] == [VenueUnavailableError] * 3
    make.answer = b"now"
    assert (await kept.get("technical", "k", make)).value == b"now"
    assert make.made == 2


async def test_a_failure_that_nobody_waits_for_is_no_complaint_of_the_loop():
    complaints = []
    asyncio.get_running_loop().set_exception_handler(lambda _, context: complaints.append(context))
    make, kept = Maker(VenueUnavailableError("no answer"), is_open=False), cache()
    asking = asyncio.ensure_future(kept.get("technical", "k", make))
    await turns()
    asking.cancel()
    make.gate.set()
    await turns()

    assert complaints == []


async def test_after_a_jump_nothing_from_before_is_given_not_even_what_was_being_made():
    make, kept = Maker(is_open=False), cache()
    await kept.get("technical", "old", Maker(b"before"))
    asking = asyncio.ensure_future(kept.get("technical", "k", make))
    await turns()
    kept.clear()
    after = asyncio.ensure_future(kept.get("technical", "k", Maker(b"after")))

    assert (await after).value == b"after"
    make.gate.set()
    await asking
    assert (await kept.get("technical", "k", Maker(b"never"))).value == b"after"
    assert (await kept.get("technical", "old", Maker(b"fresh"))).value == b"fresh"


async def test_when_the_node_stops_those_who_wait_are_told():
    kept = cache()
    asking = asyncio.ensure_future(kept.get("technical", "k", Maker(is_open=False)))
    await turns()
    await kept.stop()

    with pytest.raises(ShutdownError):
        await asking


async def test_a_dropped_answer_is_made_again():
    make, kept = Maker(), cache()
    await kept.get("technical", "k", make)
    kept.drop("technical", "k")
    await kept.get("technical", "k", make)

    assert make.made == 2


async def test_it_never_holds_more_than_its_bounds():
    kept = cache(max_entries=10, max_bytes=65_536)
    for number in range(100):
        await kept.get("technical", str(number), Maker(bytes(20_000)))

    health = kept.health()
    assert health.entries == 3
    assert health.bytes <= 65_536
    assert health.store == "memory"
    assert health.trouble is None


STEPS = st.one_of(
    st.tuples(st.just("ask"), st.integers(0, 2)),
    st.tuples(st.just("cancel"), st.integers(0, 9)),
    st.tuples(st.just("finish"), st.integers(0, 2)),
    st.tuples(st.just("fail"), st.integers(0, 2)),
    st.tuples(st.just("wait"), st.sampled_from([1, 5, 10, 60])),
    st.tuples(st.just("clear"), st.just(0)),
)


@settings(max_examples=200)
@given(steps=st.lists(STEPS, max_size=40))
def test_whatever_happens_one_is_made_at_a_time_and_none_is_given_too_old(steps):
    asyncio.run(SingleFlight().play(steps))


class SingleFlight:
    """Plays random steps against the cache and checks every answer as it comes."""

    def __init__(self):
        self.clock = Clock()
        self.kept = cache(self.clock, technical_s=10.0)
        self.running = {0: [], 1: [], 2: []}
        self.asking = []
        self.era = 0

    async def play(self, steps):
        for step, value in steps:
            getattr(self, f"_{step}")(value)
            await turns(8)
        while any(self.running.values()):
            for key in self.running:
                self._finish(key)
            await turns(8)
        for task in self.asking:
            assert task.done(), "nobody waits for ever"
            if not task.cancelled():
                task.result()

    def _ask(self, key):
        task = asyncio.ensure_future(self._check(key))
        self.asking.append(task)

    async def _check(self, key):
        asked_at, era = self.clock.now, self.era
        with contextlib.suppress(VenueUnavailableError):
            cached = await self.kept.get("technical", str(key), lambda: self._make(key))
            name, made_at, made_era = cached.value.decode().split("|")
            assert int(name) == key
            assert int(made_era) >= era, "made before a jump and given after it"
            assert asked_at - float(made_at) < 10.0, "too old when it was asked for"
            assert cached.good_for_s == max(0.0, float(made_at) + 10.0 - self.clock.now)

    async def _make(self, key):
        assert not [one for one in self.running[key] if one[1] == self.era], "two at a time for one key"
        done = asyncio.get_running_loop().create_future()
        mine = (done, self.era)
        self.running[key].append(mine)
        answer = f"{key}|{self.clock.now}|{self.era}".encode()
        try:
            await done
        finally:
            self.running[key].remove(mine)
        return answer

    def _cancel(self, number):
        if self.asking:
            self.asking[number % len(self.asking)].cancel()

    def _finish(self, key):
        for done, _ in self.running[key]:
            if not done.done():
                done.set_result(None)
                return

    def _fail(self, key):
        for done, _ in self.running[key]:
            if not done.done():
                done.set_exception(VenueUnavailableError("on purpose"))
                return

    def _wait(self, seconds):
        self.clock.now += seconds

    def _clear(self, _):
        self.era += 1
        self.kept.clear()
