"""What indicators cost: per bar over the engine's own call, to warm, and of the loop of a fast market."""

import asyncio
import json
import time
from collections.abc import Callable
from pathlib import Path

import aiohttp
import pytest

from actors.indicators.catalogue import Catalogue
from actors.indicators.engine import bar_maker
from actors.indicators.running import Running
from actors.indicators.store import RunningIndicators
from actors.market import interval_of
from actors.turns import TURN_S
from config.schema import BufferSection, IndicatorsSection
from tests.bridge.fakes import FakeBars
from tests.node_process import NodeProcess
from tests.unit.walks import INSTRUMENT, NAME, walk

BARS = 7_600
ROUNDS = 5
CATALOGUE = Catalogue()
NAMES = [kind.name for kind in CATALOGUE.kinds()]
FIFTY = [f"{name}({length})" for name in ("SMA", "EMA", "RSI", "ATR", "BB") for length in range(10, 110, 10)]


def cpu_us(run: Callable[[], None], count: int) -> float:
    """Return CPU microseconds per step, the best of some rounds."""
    best = float("inf")
    for _ in range(ROUNDS):
        begun = time.process_time()
        run()
        best = min(best, time.process_time() - begun)
    return best / count * 1e6


@pytest.mark.bench
def test_cost_of_a_bar_over_the_engine_s_own_call():
    rows = walk(BARS)
    maker = bar_maker(INSTRUMENT, interval_of("1m"))
    bars = [*map(maker, rows)]

    def theirs() -> None:
        for name in NAMES:
            handle = CATALOGUE.read(name).make().handle_bar
            for bar in bars:
                handle(bar)

    def ours() -> None:
        for name in NAMES:
            Running(CATALOGUE.read(name)).feed(bars)

    floor, cost = cpu_us(theirs, BARS * len(NAMES)), cpu_us(ours, BARS * len(NAMES))
    made = cpu_us(lambda: [*map(maker, rows)] and None, BARS)
    print(f"\n{len(NAMES)} indicators, {BARS} bars")
    print(f"  handle_bar alone        {floor:6.3f} us a bar")
    print(f"  with its values kept    {cost:6.3f} us a bar  {cost / floor:5.1f}x")
    print(f"  an engine bar, shared   {made:6.3f} us a bar")
    assert cost < 12 * floor


@pytest.mark.bench
async def test_fifty_begin_at_once_and_the_loop_goes_on():
    market = FakeBars([INSTRUMENT])
    market.put(NAME, "1m", walk(BARS))
    running = RunningIndicators(IndicatorsSection(), BufferSection(), market, bar_maker)
    lags: list[float] = []

    async def watch() -> None:
        while True:
            begun = time.perf_counter()
            await asyncio.sleep(0)
            lags.append(time.perf_counter() - begun)

    watching = asyncio.create_task(watch())
    names = [CATALOGUE.read(name).name for name in FIFTY]
    begun, cpu = time.perf_counter(), time.process_time()
    for name in names:
        running.ensure(NAME, "1m", name)
    while not all(running.is_ready(NAME, "1m", name) for name in names):  # noqa: ASYNC110  # it is what is measured
        await asyncio.sleep(0)
    took, cpu = time.perf_counter() - begun, time.process_time() - cpu
    watching.cancel()
    lags.sort()
    print(f"\n50 indicators of {BARS} bars: {took * 1e3:.0f} ms, CPU {cpu * 1e3:.0f} ms")
    print(
        f"  turns of the loop: p50 {lags[len(lags) // 2] * 1e3:.2f} ms, p99 {lags[int(len(lags) * 0.99)] * 1e3:.2f} ms"
    )
    assert lags[int(len(lags) * 0.99)] < 10 * TURN_S


async def _listened(port: int, channels: list[str], seconds: float) -> int:
    """Return how many rows came in so many seconds after the last snapshot."""
    async with (
        aiohttp.ClientSession() as session,
        session.ws_connect(f"ws://127.0.0.1:{port}/ws", max_msg_size=0) as ws,
    ):
        await ws.send_str(json.dumps({"op": "subscribe", "id": 1, "ch": channels}))
        waiting, rows, until = set(channels), 0, float("inf")
        while time.monotonic() < until:
            told = json.loads((await asyncio.wait_for(ws.receive(), 10.0)).data)
            if told["type"] == "snapshot":
                waiting.discard(told["ch"])
                until = until if waiting else time.monotonic() + seconds
            rows += told["type"] in {"indicator", "bar"}
        return rows


def _cpu_of(node: NodeProcess) -> float:
    fields = Path(f"/proc/{node.process.pid}/stat").read_text().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / 100


@pytest.mark.bench
def test_fifty_on_three_instruments_at_a_hundred_times_the_speed(tmp_path):
    """The floor is the same node with the same number of subscribers to bars alone."""
    seconds = 10.0
    instruments = ("BTC-USDT.SIM", "ETH-USDT.SIM", "BTC-USDT-SWAP.SIM")
    fifty = [CATALOGUE.read(name).name for name in FIFTY]
    channels = [f"indicators:{instruments[i % 3]}:1m:{name}" for i, name in enumerate(fifty)]
    used = {}
    with NodeProcess(tmp_path, "sim.speed=100") as node:
        node.ready()
        for label, wanted in (("bars alone", [f"bars:{one}:1m" for one in instruments]), ("50 indicators", channels)):
            begun = time.monotonic()
            before = _cpu_of(node)
            rows = asyncio.run(_listened(node.port, wanted, seconds))
            used[label] = (_cpu_of(node) - before) / (time.monotonic() - begun)
            print(f"\n{label}: {used[label]:.1%} of a core, {rows / seconds:.0f} rows a second")
        node.stop()
    assert used["50 indicators"] < used["bars alone"] + 0.3
