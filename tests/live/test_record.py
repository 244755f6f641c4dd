"""`run_node.py record` on a real node: what it writes is what the node said, and it can be played."""

import asyncio
import csv
import io
import itertools
import json
import signal
import subprocess
import sys
import time
import urllib.request
from decimal import Decimal

import pytest
from whisperer_client import Client

from tests.node_process import PATIENCE_S, ROOT, NodeProcess

pytestmark = pytest.mark.slow
BTC = "BTC-USDT.SIM"
NS = 1_000_000_000


def record(node, folder, *arguments, **options):
    command = [sys.executable, "run_node.py", "record", "--out", str(folder), "--url", node.url, *arguments]
    return subprocess.Popen(command, cwd=ROOT, stderr=subprocess.PIPE, text=True, **options)


def rows(folder, kind, name=BTC):
    """Return the rows written so far; the last line may be half there."""
    whole, end, _ = (folder / f"{name}.{kind}.csv").read_text().rpartition("\n")
    return list(csv.DictReader(io.StringIO(whole + end)))


def has_written(folder):
    """Return whether trades and steps of the book fill some market seconds."""
    files = [folder / f"{BTC}.{kind}.csv" for kind in ("trades", "book")]
    return all(file.exists() for file in files) and len(rows(folder, "trades")) > 600 and len(steps(folder)) > 100


def steps(folder):
    """Return the recorded steps of the book as (sequence, kind, bids, asks)."""
    found = []
    for row in rows(folder, "book"):
        number = int(row["sequence"])
        if not found or found[-1][0] != number or found[-1][1] != row["kind"]:
            found.append((number, row["kind"], {}, {}))
        found[-1][2 if row["side"] == "bid" else 3][Decimal(row["price"])] = Decimal(row["size"])
    return found


@pytest.fixture(scope="module")
def market(tmp_path_factory):
    """A node whose market is fast; nothing that is recorded changes it."""
    with NodeProcess(tmp_path_factory.mktemp("market"), "sim.speed=100") as node:
        node.ready()
        yield node


class Listener:
    """Keeps what a node says of trades and of the book's steps."""

    def __init__(self, client):
        self.trades = {}
        self.steps = {}
        self._client = client
        self.tasks = [asyncio.create_task(one) for one in (self._trades(), self._book())]

    async def _trades(self):
        async for trade in self._client.trades(BTC, history=100):
            self.trades[trade.id] = (int(trade.ts_ns), trade.price, trade.quantity, trade.side)

    async def _book(self):
        stream = self._client.order_book(BTC)
        async for book in stream:
            if not book.is_whole:
                self.steps[book.sequence] = (dict(book.step.bids), dict(book.step.asks))
            self.newest = book.sequence

    async def until(self, is_true):
        async with asyncio.timeout(PATIENCE_S):
            while not is_true():  # what is waited for sets no event
                assert not any(task.done() for task in self.tasks)
                await asyncio.sleep(0.02)


async def heard_while(node, work, folder):
    """Listen until `work` (a process) has written enough into `folder`, and all of that has been heard; return it."""
    async with Client(node.url) as client:
        listener = Listener(client)
        await listener.until(lambda: listener.trades and listener.steps)
        process = work()
        await asyncio.to_thread(wait_for, lambda: has_written(folder))
        process.send_signal(signal.SIGTERM)
        await asyncio.to_thread(process.communicate, timeout=PATIENCE_S)
        assert process.returncode == 0
        step, trade = steps(folder)[-1][0], rows(folder, "trades")[-1]["trade_id"]
        await listener.until(lambda: listener.newest >= step and trade in listener.trades)
        for task in listener.tasks:
            task.cancel()
    return listener


async def test_what_is_recorded_is_what_the_node_said_and_plays_again(tmp_path, market):
    folder = tmp_path / "tape"
    said = await heard_while(market, lambda: record(market, folder, "--instruments", BTC), folder)
    trades, recorded = rows(folder, "trades"), steps(folder)
    about = json.loads((folder / "recording.json").read_text())

    assert (about["notes"], about["is_complete"]) == ([], True)
    assert about["rows"][f"{BTC}.trades.csv"] == len(trades) > 100
    numbers = [number for number, *_ in recorded]
    assert numbers == list(range(numbers[0], numbers[0] + len(numbers)))
    assert [kind for _, kind, *_ in recorded] == ["snapshot", *["change"] * (len(recorded) - 1)]
    assert {number: (bids, asks) for number, _, bids, asks in recorded[1:]} == {
        number: said.steps[number] for number in numbers[1:]
    }
    assert {row["trade_id"]: _trade(row) for row in trades} == {
        row["trade_id"]: said.trades[row["trade_id"]] for row in trades
    }

    with NodeProcess(tmp_path / "b", "replay.speed=0.001", config=folder / "replay.toml") as player:
        await asyncio.to_thread(player.ready)
        async with Client(player.url) as client:
            again = Listener(client)
            last = max(numbers)
            await again.until(lambda: hasattr(again, "newest"))
            await asyncio.to_thread(play, player, 200)
            await again.until(lambda: again.newest >= last - 1 or last in again.steps)
            for task in again.tasks:
                task.cancel()
    assert len(again.steps) > 50
    assert again.steps.items() <= said.steps.items()
    played = {name: one for name, one in again.trades.items() if name in said.trades}
    assert len(played) > 50
    assert played.items() <= said.trades.items()


def _trade(row):
    return int(row["ts"]), Decimal(row["price"]), Decimal(row["size"]), row["side"]


def play(node, speed):
    """Let a market run that fast from here on."""
    request = urllib.request.Request(
        f"{node.url}/api/v1/replay", json.dumps({"speed": speed}).encode(), {"Content-Type": "application/json"}
    )
    request.method = "PATCH"
    urllib.request.urlopen(request, timeout=30).close()


def test_a_killed_recorder_leaves_what_can_be_played(tmp_path, market):
    folder = tmp_path / "tape"
    recorder = record(market, folder)
    wait_for(lambda: (folder / f"{BTC}.trades.csv").exists() and len(rows(folder, "trades")) > 100)
    recorder.kill()
    recorder.communicate()
    about = json.loads((folder / "recording.json").read_text())
    check = [sys.executable, "run_node.py", "config", "check", "--config", str(folder / "replay.toml")]
    done = subprocess.run(check, cwd=ROOT, capture_output=True, text=True, check=False)

    assert about["is_complete"] is False
    assert (done.returncode, done.stderr) == (0, "")


def test_ctrl_c_ends_it_with_a_summary(tmp_path):
    folder = tmp_path / "tape"
    with NodeProcess(tmp_path / "a", "sim.speed=20") as node:
        node.ready()
        recorder = record(node, folder, "--channels", "trades,bars", "--history", "10")
        wait_for(lambda: all((folder / f"{BTC}.{kind}.csv").exists() for kind in ("trades", "bars")))
        wait_for(lambda: len(rows(folder, "bars")) >= 10)
        recorder.send_signal(signal.SIGINT)
        _, said = recorder.communicate(timeout=PATIENCE_S)

    assert recorder.returncode == 0
    assert int(said.partition(f"whisperer: {BTC}.bars.csv: ")[2].split()[0]) >= 10
    assert f"play it: run_node.py live --config {folder / 'replay.toml'}" in said
    assert sorted(one.name.split(".")[2] for one in folder.glob(f"{BTC}.*")) == ["bars", "trades"]


def test_a_gap_is_recorded_as_one(tmp_path):
    folder = tmp_path / "tape"
    with NodeProcess(tmp_path / "a", "sim.speed=100") as node:
        node.ready()
        recorder = record(node, folder, "--instruments", BTC)
        wait_for(lambda: (folder / f"{BTC}.book.csv").exists() and len(steps(folder)) > 20)
        node.kill()
        node.start().ready()
        wait_for(lambda: [kind for _, kind, *_ in steps(folder)].count("snapshot") > 1)
        recorder.send_signal(signal.SIGTERM)
        _, said = recorder.communicate(timeout=PATIENCE_S)
    about = json.loads((folder / "recording.json").read_text())
    notes = {one["kind"]: one for one in about["notes"]}

    assert recorder.returncode == 0
    assert "steps may be missing" in notes["book"]["text"]
    assert "the connection was lost and made again" in said
    bars = [int(row["timestamp"]) for row in rows(folder, "bars")]
    assert {b - a for a, b in itertools.pairwise(bars)} == {60 * NS}


def test_until_is_market_time_and_leaves_out_what_comes_after(tmp_path):
    folder = tmp_path / "tape"
    with NodeProcess(tmp_path / "a", "sim.start=2026-01-01T00:00:00Z") as node:
        node.ready()
        recorder = record(node, folder, "--until", "2026-01-01T00:04:00Z", "--channels", "trades")
        wait_for((folder / f"{BTC}.trades.csv").exists)
        play(node, 100)
        _, said = recorder.communicate(timeout=PATIENCE_S)

    end = 1_767_225_600 * NS + 4 * 60 * NS
    assert recorder.returncode == 0, said
    assert end - 60 * NS < max(int(row["ts"]) for row in rows(folder, "trades")) < end


def test_mistakes_are_one_line(tmp_path, market):
    (tmp_path / "taken").mkdir()
    (tmp_path / "taken" / "mine").write_text("")
    taken = record(market, tmp_path / "taken")
    _, said = taken.communicate(timeout=PATIENCE_S)
    unknown = record(market, tmp_path / "b", "--instruments", "NOTHING.SIM")
    _, told = unknown.communicate(timeout=PATIENCE_S)

    assert (taken.returncode, len(said.splitlines())) == (2, 1)
    assert said.startswith(f"whisperer: --out: {tmp_path / 'taken'}: expected a new or an empty folder")
    assert (unknown.returncode, told[:28]) == (2, "whisperer: --instruments: th")
    assert not (tmp_path / "b").exists()


def test_bars_that_the_source_does_not_have_are_a_note(tmp_path):
    lines = [f"{1_767_225_600_000 + n * 300_000},1,2,1,2,5" for n in range(40)]
    (tmp_path / "five.csv").write_text("\n".join(["timestamp,open,high,low,close,volume", *lines]))
    (tmp_path / "five.toml").write_text(
        'market = "replay"\nsignals = [{ interval = "5m" }]\n'
        '[replay]\nat_end = "hold"\nwarmup_bars = 5\n[replay.instruments."A-B.X"]\n'
        'file = "five.csv"\ninterval = "5m"\nbase = "BTC"\nquote = "USDT"\nprice_precision = 2\nsize_precision = 2\n'
        'unit = "ms"\nmaker_fee = "0"\ntaker_fee = "0"\n'
    )
    with NodeProcess(tmp_path / "a", config=tmp_path / "five.toml") as node:
        node.ready()
        recorder = record(node, tmp_path / "tape", "--duration", "1")
        _, said = recorder.communicate(timeout=PATIENCE_S)

    assert recorder.returncode == 0, said
    assert "A-B.X bars: not recorded: unsupported_interval" in said


def test_a_full_disk_ends_it_with_whole_files(tmp_path, market):
    folder = tmp_path / "tape"
    limits = "import resource, signal; signal.signal(signal.SIGXFSZ, signal.SIG_IGN); "
    limits += (
        "resource.setrlimit(resource.RLIMIT_FSIZE, (60_000, 60_000)); import run_node, sys; sys.exit(run_node.main())"
    )
    command = [sys.executable, "-c", limits, "record", "--out", str(folder), "--url", market.url]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, timeout=240, check=False)
    check = [sys.executable, "run_node.py", "config", "check", "--config", str(folder / "replay.toml")]
    checked = subprocess.run(check, cwd=ROOT, capture_output=True, text=True, check=False)

    assert done.returncode == 1
    assert "cannot be written: File too large" in done.stderr
    assert json.loads((folder / "recording.json").read_text())["is_complete"] is False
    assert (checked.returncode, checked.stderr) == (0, "")
    assert max(one.stat().st_size for one in folder.iterdir()) <= 60_000


def wait_for(is_true, timeout_s=PATIENCE_S):
    end = time.monotonic() + timeout_s
    while not is_true():
        assert time.monotonic() < end
        time.sleep(0.05)
