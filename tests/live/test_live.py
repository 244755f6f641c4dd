"""The live node as a user starts it: a process with a port, a state folder and signals."""

import asyncio
import json
import signal
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from pathlib import Path

import aiohttp
import pytest

from tests.contract_check import hear
from tests.node_process import ROOT, NodeProcess, free_port

pytestmark = pytest.mark.slow

BARS = "/api/v1/bars?instrument_id=BTC-USDT.SIM&interval=1m&limit=300"
PROVOKE = """
import sys
from nautilus_trader.common import DataActor, DataActorConfig
from nautilus_trader.model import ActorId, InstrumentId
import node.process, run_node

class Boom(DataActor):
    def on_start(self):
        self.subscribe_trades(InstrumentId.from_str("BTC-USDT.SIM"))
    def on_trade(self, trade):
        raise ValueError("boom")

build = node.process.build_node
def with_boom(*args, **kwargs):
    built = build(*args, **kwargs)
    built.node.add_actor(Boom(DataActorConfig(actor_id=ActorId("BOOM-001"))))
    return built
node.process.build_node = with_boom
sys.exit(run_node.main())
"""

FAULT = """
import sys, run_node
from actors.buffer.live import InstrumentBars

trade, seen = InstrumentBars.trade, []
def once_broken(self, *row):
    seen.append(row)
    if len(seen) == 500:
        raise ValueError("boom")
    return trade(self, *row)
InstrumentBars.trade = once_broken
sys.exit(run_node.main())
"""

LOADED = """
import atexit, sys, run_node
heavy = ("pandas", "pyarrow", "supabase", "xgboost", "scipy", "sklearn", "plotly", "redis")
atexit.register(lambda: print("loaded:" + ",".join(m for m in heavy
                              if sys.modules.get(m) is not None), flush=True))
sys.exit(run_node.main())
"""

READ_FOR_LONG = """
import pathlib, sys, time, run_node
import adapters.replay.cells as cells
def read_for_long(*_, **__):
    pathlib.Path(BEGUN).touch()
    for _ in range(12_000):
        time.sleep(0.01)
cells.read_table = read_for_long
sys.exit(run_node.main())
"""


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM], ids=["ctrl-c", "sigterm"])
def test_a_signal_ends_the_node_with_exit_code_0(tmp_path, number):
    with NodeProcess(tmp_path) as node:
        node.ready()

        code, seconds = node.stop(number)

    assert code == 0, node.text()
    assert seconds < max(2.0, node.start_s), "or as slow as the machine is"


def test_a_signal_while_starting_ends_the_node_too(tmp_path):
    with NodeProcess(tmp_path) as node:
        node.said("node_starting")

        code, _ = node.stop()

    assert code == 0, node.text()


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM], ids=["ctrl-c", "sigterm"])
def test_a_signal_while_a_long_recording_is_read_ends_the_node_too(tmp_path, number):
    begun = tmp_path / "reading"  # what is printed meanwhile is logged only once the loop has its turn again
    program = READ_FOR_LONG.replace("BEGUN", repr(str(begun)))
    with NodeProcess(tmp_path, config="config/replay.toml", command=[sys.executable, "-c", program]) as node:
        node.until(begun.exists)

        code, seconds = node.stop(number)

    assert code == 0, node.text()
    assert "Traceback" not in node.text()
    assert seconds < 10


@pytest.mark.parametrize("begun", ["node_starting", "node_ready"])
def test_ctrl_c_again_and_again_ends_the_node_with_exit_code_0(tmp_path, begun):
    with NodeProcess(tmp_path) as node:
        node.said(begun)

        while node.process.poll() is None:
            node.process.send_signal(signal.SIGINT)
            time.sleep(0.002)

    assert node.process.returncode == 0, node.text()


def test_every_line_is_json_even_when_the_engine_errs(tmp_path):
    with NodeProcess(tmp_path, "sim.speed=20", command=[sys.executable, "-c", PROVOKE]) as node:
        node.ready()
        node.said("boom")
        assert node.get("/health")
        node.stop()

    events = node.events()
    [error, *_] = [e for e in events if "boom" in e.get("message", "")]
    assert (error["service"], error["level"], error["event"]) == ("engine", "error", "engine_message")
    assert all({"timestamp", "level", "service", "event"} <= e.keys() for e in events)


def test_an_actor_that_fails_comes_back_with_a_rebuilt_engine(tmp_path):
    command = [sys.executable, "-c", FAULT]
    with NodeProcess(tmp_path, "sim.speed=100", "sim.start=2026-01-01T00:00:00Z", command=command) as node:
        node.ready()
        node.said('"starts":2')
        node.ready()
        before = node.get(BARS)["items"][-1]["t"]
        node.until(lambda: node.get(BARS)["items"][-1]["t"] >= before + 3 * 60_000)
        page = node.get(BARS)
        health = node.get("/health")
        node.stop()

    [fault] = [e for e in node.events() if e["event"] == "component_faulted"]
    assert (fault["component"], "ValueError: boom" in fault["exception"]) == ("buffer", True)
    assert page["holes"] == []
    assert (health["status"], health["faults"]) == ("ok", [])


def test_heavy_libraries_are_not_loaded_by_the_paper_market(tmp_path):
    with NodeProcess(tmp_path, command=[sys.executable, "-c", LOADED]) as node:
        node.ready()
        node.get("/api/v1/bars?instrument_id=BTC-USDT.SIM&interval=1h&limit=10")
        node.stop()

    assert [line.strip() for line in node.lines if line.startswith("loaded:")] == ["loaded:"]


def test_a_taken_port_is_one_line_and_exit_code_2(tmp_path):
    with socket.socket() as other:
        other.bind(("127.0.0.1", 0))
        other.listen()
        with NodeProcess(tmp_path, port=other.getsockname()[1]) as node:
            code = node.ended()

    assert code == 2, node.text()
    assert f"server.port: port {node.port} on 127.0.0.1 is taken" in node.lines[-1]


def test_a_second_node_on_one_state_folder_is_refused(tmp_path):
    with NodeProcess(tmp_path) as first:
        first.ready()
        with NodeProcess(tmp_path) as second:
            code = second.ended()

    assert code == 2
    assert "in use by another node" in second.lines[-1]


def test_after_a_kill_the_market_goes_on_without_a_gap(tmp_path):
    with NodeProcess(tmp_path, "sim.speed=200", "sim.start=2026-01-01T00:00:00Z") as node:
        node.ready()
        before = node.get(BARS)["items"]
        node.until(lambda: node.get(BARS)["items"][-1]["t"] > before[-1]["t"])
        before = node.get(BARS)["items"]
        node.kill()
        node.start()
        node.ready()
        after = node.get(BARS.replace("limit=300", "limit=1000"))  # it has gone on while others took the processor

    assert after["holes"] == []
    assert after["items"][-1]["t"] >= before[-1]["t"]
    old = {bar["t"]: bar for bar in before}
    same = [bar for bar in after["items"] if bar["t"] in old]
    assert len(same) > 200
    assert all(old[bar["t"]] == bar for bar in same)


@pytest.mark.parametrize(
    ("setting", "said"),
    [
        ("signals.0.predictors.0.name=oracle", "unknown predictor 'oracle', known: file, gbt"),
        ('signals.0.instruments=["X.SIM"]', "no instrument 'X.SIM'"),
    ],
)
def test_signals_that_cannot_be_are_refused_before_anything_listens(tmp_path, setting, said):
    with NodeProcess(tmp_path, setting) as node:
        code = node.ended()

    assert code == 2, node.text()
    assert said in node.lines[-1]
    assert not any("server_listening" in line for line in node.lines)


def test_a_state_folder_that_cannot_be_used_is_one_line_and_exit_code_2(tmp_path):
    (tmp_path / "log").touch()
    with NodeProcess(tmp_path) as node:
        code = node.ended()

    assert code == 2
    assert "node.state_dir" in node.lines[-1]
    assert len(node.lines) == 1


def test_the_websocket_has_a_port_of_its_own_when_asked(tmp_path):
    port = free_port()
    with NodeProcess(tmp_path, f"server.ws_port={port}") as node:
        node.ready()
        with socket.create_connection(("127.0.0.1", port), timeout=20) as client:
            client.sendall(
                f"GET /ws HTTP/1.1\r\nHost: 127.0.0.1:{port}\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
                "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nSec-WebSocket-Version: 13\r\n\r\n".encode()
            )
            answer = client.recv(4096)
        with pytest.raises(urllib.error.HTTPError) as refused:
            urllib.request.urlopen(f"http://127.0.0.1:{port}/api/v1/status", timeout=20)

    assert answer.startswith(b"HTTP/1.1 101")
    assert refused.value.code == 404


def test_the_end_of_a_recording_can_end_the_node(tmp_path):
    with NodeProcess(tmp_path, "replay.speed=0", "replay.at_end=exit", config="config/replay.toml") as node:
        code = node.stop(0, timeout_s=240)[0]

    assert code == 0, node.text()
    assert (ROOT / "config" / "replay.toml").exists()
    assert json.loads(node.lines[-1])["event"] == "node_stopped"


def test_a_recording_can_begin_again_with_new_epochs_for_everybody(tmp_path):
    settings = ("replay.speed=0", "replay.at_end=loop", "log.level=info")

    async def epochs(url):
        found = []
        async with aiohttp.ClientSession() as session, session.ws_connect(f"{url}/ws") as socket:
            await socket.send_json({"op": "subscribe", "id": 1, "ch": ["bars:BTC-USDT.REPLAY:1m"]})
            while len(found) < 3:
                message = await hear(socket, 60)
                if message["type"] == "snapshot" and message["epoch"] not in found:
                    found.append(message["epoch"])
        return found

    with NodeProcess(tmp_path, *settings, config="config/replay.toml") as node:
        node.ready()
        found = asyncio.run(epochs(node.url))
        code, _ = node.stop()

    assert code == 0
    assert len(set(found)) == 3
    assert not [e for e in node.events() if e["level"] in {"error", "critical"}]


def test_half_an_hour_of_market_time_and_more_passes_without_a_gap_or_an_error(tmp_path):
    command = [sys.executable, "benchmarks/soak.py", "--minutes", "0.3", "--speed", "200"]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, timeout=400, check=False)

    assert done.returncode == 0, done.stdout + done.stderr
    assert "faults: 0" in done.stdout


def test_a_signal_while_the_program_loads_ends_it_well(tmp_path):
    with NodeProcess(tmp_path) as node:
        maps = Path(f"/proc/{node.process.pid}/maps")
        node.until(lambda: "msgspec" in maps.read_text(), every_s=0.001)

        code, _ = node.stop()

    assert code == 0, node.text()


def test_a_strategy_that_cannot_be_loaded_is_shown(tmp_path, monkeypatch):
    info = tmp_path / "plugins-1.0.dist-info"
    info.mkdir()
    (info / "METADATA").write_text("Metadata-Version: 2.1\nName: plugins\nVersion: 1.0\n")
    (info / "entry_points.txt").write_text("[whisperer.strategies]\nhalf = half_installed:Mine\n")
    (tmp_path / "half_installed.py").write_text("raise RuntimeError('half installed')\n")
    monkeypatch.setenv("PYTHONPATH", str(tmp_path))
    with NodeProcess(tmp_path / "state") as node:
        node.ready()
        node.until(lambda: node.get("/health")["broken_plugins"])
        health = node.get("/health")
        node.stop()

    assert health["broken_plugins"] == {"half": "RuntimeError: half installed"}
    assert health["status"] == "degraded"
