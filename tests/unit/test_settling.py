"""A market begins to move when everybody has subscribed, however long a machine stands still between two of them."""

import asyncio

from adapters.settling import ALONE_S, SETTLE_S, Settling


async def test_a_subscription_that_came_while_the_process_stood_still_is_waited_after():
    loop, late_s, adding = asyncio.get_running_loop(), 0.0, asyncio.Lock()
    clock = loop.time
    loop.time = lambda: clock() + late_s
    settling = Settling(adding)
    waiting = asyncio.create_task(settling.wait())
    for _ in range(3):
        await asyncio.sleep(0)
        late_s += 10 * ALONE_S
        settling.note()
        await asyncio.sleep(SETTLE_S / 8)
        assert not waiting.done()

    await asyncio.wait_for(waiting, 60)


async def test_one_that_is_still_being_made_is_waited_for():
    adding = asyncio.Lock()
    settling = Settling(adding)
    async with adding:
        waiting = asyncio.create_task(settling.wait())
        await asyncio.sleep(0)
        settling.note()
        await asyncio.sleep(4 * SETTLE_S)
        assert not waiting.done()

    await asyncio.wait_for(waiting, 60)
