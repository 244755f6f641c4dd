"""One caller's flood fills that caller's line only."""

import asyncio
from contextlib import asynccontextmanager

import pytest

from actors.allowance import Allowance
from actors.bridge.rest.limits import TokenBuckets
from actors.bridge.rest.share import FairShare
from actors.bridge.tickets import LIFETIME_S, PER_USER, Tickets
from actors.ports.identity import LOCAL, Principal
from config.errors import RateLimitedError, UnauthorizedError

ANNA = Principal(user_id="anna", roles=frozenset({"viewer"}))


class Clock:
    def __init__(self) -> None:
        self.now = 0.0

    def __call__(self) -> float:
        return self.now


@asynccontextmanager
async def turn(share, key):
    await share.enter(key)
    try:
        yield
    finally:
        share.leave(key)


class TestFairShare:
    async def test_so_many_at_once_the_others_in_their_order(self):
        share, begun, gate = FairShare(2, 10), [], asyncio.Event()

        async def read(number):
            async with turn(share, "anna"):
                begun.append(number)
                await gate.wait()

        tasks = [asyncio.create_task(read(number)) for number in range(5)]
        await asyncio.sleep(0)
        await asyncio.sleep(0)
        assert begun == [0, 1]
        gate.set()
        await asyncio.gather(*tasks)

        assert begun == [0, 1, 2, 3, 4]
        assert len(share) == 0

    async def test_what_is_answered_at_once_lets_others_in_between(self):
        share, order = FairShare(2, 100), []

        async def read(number):
            async with turn(share, "anna"):
                order.append(number)

        tasks = [asyncio.create_task(read(number)) for number in range(50)]
        await asyncio.sleep(0)
        assert order == [0, 1]
        await asyncio.gather(*tasks)
        assert order == list(range(50))
        await asyncio.sleep(0)
        assert len(share) == 0

    async def test_more_than_may_wait_are_refused_and_nobody_else_is(self):
        share, gate = FairShare(1, 1), asyncio.Event()

        async def read(user):
            async with turn(share, user):
                await gate.wait()

        tasks = [asyncio.create_task(read("anna")) for _ in range(2)]
        await asyncio.sleep(0)
        with pytest.raises(RateLimitedError) as caught:
            await read("anna")
        other = asyncio.create_task(read("bob"))
        gate.set()
        await asyncio.gather(*tasks, other)

        assert caught.value.retry_after_s == 1.0

    async def test_one_who_gives_up_waiting_leaves_the_line(self):
        share, gate = FairShare(1, 5), asyncio.Event()

        async def read():
            async with turn(share, "anna"):
                await gate.wait()

        first, second = asyncio.create_task(read()), asyncio.create_task(read())
        await asyncio.sleep(0)
        second.cancel()
        await asyncio.wait([second])
        gate.set()
        await first
        async with turn(share, "anna"):
            assert len(share) == 1

        await asyncio.sleep(0)
        assert len(share) == 0

    async def test_a_read_that_fails_gives_its_turn_back(self):
        share = FairShare(1, 0)
        for _ in range(3):
            with pytest.raises(RuntimeError):
                async with turn(share, "anna"):
                    raise RuntimeError

        await asyncio.sleep(0)
        assert len(share) == 0


class TestAllowance:
    def test_several_tokens_are_taken_as_a_whole_or_not(self):
        clock = Clock()
        bucket = Allowance(2.0, 10.0, clock)

        assert bucket.take(8) == 0.0
        assert bucket.take(4) == 1.0
        assert bucket.take(2) == 0.0

    def test_more_than_it_can_hold_takes_all_of_it(self):
        clock = Clock()
        bucket = Allowance(2.0, 10.0, clock)

        assert bucket.take(100) == 0.0
        assert bucket.take(100) == 5.0
        clock.now = 5.0
        assert bucket.take(100) == 0.0

    def test_asking_takes_nothing(self):
        buckets = TokenBuckets(60, Clock(), burst=1)

        assert buckets.wait_s("anna") == 0.0
        buckets.take("anna")
        assert (buckets.wait_s("anna"), buckets.wait_s("bob")) == (1.0, 0.0)


class TestTickets:
    def test_one_is_good_once_and_for_thirty_seconds(self):
        clock = Clock()
        tickets = Tickets(clock)
        first, second = tickets.issue(ANNA), tickets.issue(ANNA)

        assert tickets.take(first) is ANNA
        clock.now = LIFETIME_S + 0.1
        for text in (first, second):
            with pytest.raises(UnauthorizedError):
                tickets.take(text)
        assert len(tickets) == 0

    def test_the_oldest_goes_and_only_the_own_ones(self):
        tickets = Tickets(Clock())
        other = tickets.issue(LOCAL)
        made = [tickets.issue(ANNA) for _ in range(PER_USER + 1)]

        with pytest.raises(UnauthorizedError):
            tickets.take(made[0])
        assert tickets.take(made[1]) is ANNA
        assert tickets.take(other) is LOCAL

    @pytest.mark.parametrize("text", ["", ".", "anna", "anna.", "anna.x", "x" * 10_000, "é.é"])
    def test_any_other_text_opens_nothing(self, text):
        tickets = Tickets(Clock())
        tickets.issue(ANNA)

        with pytest.raises(UnauthorizedError):
            tickets.take(text)
