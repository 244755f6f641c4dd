"""An hour at 100x: no gap, no error, flat memory. `make soak`, or `python benchmarks/soak.py --minutes 0.6`.

Prints one line a minute and a verdict at the end; exit code 1 when anything was not as promised.
"""

import argparse
import asyncio
import sys
import tempfile
from pathlib import Path

import aiohttp

sys.path.insert(0, str(Path(__file__).parents[1]))

from tests.node_process import NodeProcess

MINUTE_MS = 60_000
SETTLED_S = 600.0
"""Memory counts as settled after so long."""
MAX_SLOPE_MB_H = 2.0


class Listener:
    """A WebSocket client that checks every closed bar and signal of all instruments for gaps."""

    def __init__(self):
        self.last_bar = {}
        self.last_seq = {}
        self.counts = {"bar": 0, "ai_signal": 0}
        self.faults = []

    async def listen(self, url, instruments):
        """Subscribe and check until cancelled."""
        channels = [f"{kind}:{name}{end}" for name in instruments for kind, end in (("bars", ":1m"), ("signals", ""))]
        async with aiohttp.ClientSession() as session, session.ws_connect(f"{url}/ws") as socket:
            await socket.send_json({"op": "subscribe", "id": 1, "ch": channels})
            async for message in socket:
                self._hear(message.json())
        self.faults.append("the socket was closed")

    def _hear(self, message):
        kind = message["type"]
        if kind == "error":
            self.faults.append(str(message))
        elif kind == "snapshot":
            self.last_seq[message["ch"]] = message["seq"]
        elif kind in self.counts and message["data"].get("closed", True):
            channel = message["ch"]
            if message["seq"] != self.last_seq.get(channel, message["seq"] - 1) + 1:
                self.faults.append(f"{channel}: seq {message['seq']} after {self.last_seq[channel]}")
            self.last_seq[channel] = message["seq"]
            self.counts[kind] += 1
            if kind == "bar":
                opened, before = message["data"]["t"], self.last_bar.get(channel)
                if before is not None and opened != before + MINUTE_MS:
                    self.faults.append(f"{channel}: bar {opened} after {before}")
                self.last_bar[channel] = opened


def memory_mb(pid):
    """Return the resident memory of a process in megabytes."""
    return int(Path(f"/proc/{pid}/statm").read_text().split()[1]) * 4096 / 1e6


async def metric(session, url, name):
    """Return one unlabelled metric."""
    async with session.get(f"{url}/metrics") as answer:
        for line in (await answer.text()).splitlines():
            if line.startswith(f"{name} "):
                return float(line.split()[1])
    raise KeyError(name)


def slope_per_hour(points):
    """Return the least-squares slope of (seconds, value) points, per hour; 0.0 for fewer than three."""
    if len(points) < 3:
        return 0.0
    mean_x = sum(x for x, _ in points) / len(points)
    mean_y = sum(y for _, y in points) / len(points)
    spread = sum((x - mean_x) ** 2 for x, _ in points)
    return 3600 * sum((x - mean_x) * (y - mean_y) for x, y in points) / spread


async def watch(node, minutes, settled_s):
    """Sample the node until the time is up; return (listener, samples)."""
    listener, samples = Listener(), []
    instruments = [item["instrument_id"] for item in node.get("/api/v1/instruments")["items"]]
    loop = asyncio.get_running_loop()
    begun, step = loop.time(), min(10.0, minutes * 6)
    async with aiohttp.ClientSession() as session:
        task = asyncio.create_task(listener.listen(node.url, instruments))
        while (now := loop.time() - begun) < minutes * 60 and not task.done():
            await asyncio.sleep(step)
            sample = (
                now,
                memory_mb(node.process.pid),
                await metric(session, node.url, "process_open_fds"),
                await metric(session, node.url, "whisperer_asyncio_tasks"),
            )
            samples.append(sample)
            if len(samples) % 6 == 0:
                slope = slope_per_hour([s[:2] for s in samples if s[0] > settled_s])
                print(
                    f"{now / 60:6.1f} min  {sample[1]:6.1f} MB  slope {slope:+.2f} MB/h  fds {sample[2]:.0f}  "
                    f"tasks {sample[3]:.0f}  {listener.counts}",
                    flush=True,
                )
        task.cancel()
        await asyncio.wait([task])
        if not task.cancelled() and task.exception():
            listener.faults.append(repr(task.exception()))
    return listener, samples


def main():
    """Run the soak and judge it."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--minutes", type=float, default=60.0, help="wall minutes")
    parser.add_argument("--speed", type=float, default=100.0)
    options = parser.parse_args()
    with (
        tempfile.TemporaryDirectory() as folder,
        NodeProcess(folder, f"sim.speed={options.speed}", "log.level=warning") as node,
    ):
        print(f"ready after {node.ready():.2f} s")
        listener, samples = asyncio.run(watch(node, options.minutes, min(SETTLED_S, options.minutes * 20)))
        holes = {
            item["instrument_id"]: node.get(f"/api/v1/bars?instrument_id={item['instrument_id']}&limit=7600")["holes"]
            for item in node.get("/api/v1/instruments")["items"]
        }
        code, seconds = node.stop()
    faults = listener.faults + [str(hole) for found in holes.values() for hole in found]
    faults += [line.strip() for line in node.lines]
    if code != 0:
        faults.append(f"exit code {code}")
    settled = [s for s in samples if s[0] > min(SETTLED_S, options.minutes * 20)]
    slope = slope_per_hour([s[:2] for s in settled])
    is_long = options.minutes * 60 > SETTLED_S
    if is_long and slope > MAX_SLOPE_MB_H:
        faults.append(f"memory grows by {slope:.2f} MB/h")
    if is_long and {s[2:] for s in settled[:1]} != {s[2:] for s in settled[-1:]}:
        faults.append(f"descriptors and tasks {settled[0][2:]} -> {settled[-1][2:]}")
    print(
        f"{listener.counts} in {options.minutes} min at {options.speed:g}x, {samples[-1][1]:.1f} MB, "
        f"slope {slope:+.2f} MB/h, stopped in {seconds:.2f} s, faults: {len(faults)}"
    )
    for fault in faults[:20]:
        print("fault:", fault[:500])
    return 1 if faults else 0


if __name__ == "__main__":
    sys.exit(main())
