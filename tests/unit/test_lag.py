import asyncio
import time

from actors.bridge.rest.lag import EVERY_S, LoopLag


async def test_a_stall_is_seen_whenever_it_comes():
    seen, woken = [], asyncio.Event()

    def observe(seconds):
        seen.append(seconds)
        woken.set()

    lag = LoopLag(observe)
    lag.start()
    for _ in range(3):
        woken.clear()
        before = len(seen)
        time.sleep(2 * EVERY_S)  # noqa: ASYNC251  # the stall
        async with asyncio.timeout(30):
            await woken.wait()
        assert seen[before] >= EVERY_S / 2
    lag.stop()


async def test_nothing_is_seen_after_the_end():
    seen = []
    lag = LoopLag(seen.append)
    lag.start()
    lag.start()
    lag.stop()
    await asyncio.sleep(1.5 * EVERY_S)

    assert seen == []
