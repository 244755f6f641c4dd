import asyncio

from actors.buffer.readers import Sweeper
from actors.buffer.store import Buffer
from config.schema import BufferSection
from tests.unit.traded_market import NAME, START, Ear, TradedMarket, instrument


async def test_memory_is_freed_after_a_sweep_that_let_go_of_something():
    outcomes, freed, done = [False, True, False, True], [], asyncio.Event()

    def sweep():
        if not outcomes:
            done.set()
            return False
        return outcomes.pop(0)

    sweeper = Sweeper(sweep, 0.001, lambda: freed.append(len(outcomes)))
    sweeper.start()
    await asyncio.wait_for(done.wait(), 30)
    sweeper.stop()

    assert freed == [2, 0]


async def test_the_buffer_tells_whether_it_let_go_of_a_window():
    now = [0.0]
    buffer = Buffer(BufferSection(idle_window_s=60), {NAME: instrument()}, lambda _: None)
    buffer._readers._monotonic = lambda: now[0]
    buffer.attach(TradedMarket([], position=START), Ear())
    await buffer.loaded(NAME, "5m")
    assert buffer.sweep() is False
    now[0] = 100.0

    assert buffer.sweep() is True
    assert buffer.sweep() is False
    buffer.detach()
