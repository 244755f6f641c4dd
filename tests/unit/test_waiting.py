"""Waiting for a condition: given up after its time, but for the time in which the process stood still."""

import asyncio
from itertools import count

from actors.waiting import MOST_S, until


async def test_what_holds_is_seen_at_once_and_what_comes_when_it_comes():
    looks = count()

    assert await until(lambda: True, 0.0)
    assert await until(lambda: next(looks) == 3, 60.0)


async def test_what_never_holds_is_given_up():
    loop = asyncio.get_running_loop()
    began = loop.time()

    assert not await until(lambda: False, 0.02)
    assert loop.time() - began >= 0.02


async def test_a_standstill_of_the_process_is_not_held_against_what_is_waited_for():
    loop, late_s, looks = asyncio.get_running_loop(), 0.0, 0
    clock = loop.time
    loop.time = lambda: clock() + late_s

    def has_come():
        nonlocal late_s, looks
        late_s, looks = late_s + 10.0, looks + 1
        return looks > 5

    assert await until(has_come, 8 * MOST_S)
    assert looks == 6
    assert not await until(lambda: has_come() and False, 8 * MOST_S)
