"""Over real sockets: one client's end, ping flood or trace id is its own."""

import asyncio

import pytest
import structlog
from prometheus_client import REGISTRY
from structlog.testing import capture_logs

from actors.bridge.delivery import heart
from actors.bridge.session import Session
from actors.waiting import until
from tests.bridge.fakes import BTC
from tests.bridge.socket_client import PATIENCE_S, bare, connected, node

BARS = f"bars:{BTC}:1m"


class BrokenTransport:
    def write(self, data):
        raise ZeroDivisionError

    def get_write_buffer_size(self):
        return 0

    def is_closing(self):
        return False


async def test_a_stop_says_goodbye_to_the_others_when_one_transport_raises():
    async with node() as served, connected(served.port) as first, connected(served.port) as second:
        broken = served.hub.connections[0]
        broken.transport = BrokenTransport()
        await asyncio.gather(served.view.stop(in_ms=10), first.end(), second.end())

    assert second.received[-1]["code"] == "shutdown"
    assert (first.ws.close_code, second.ws.close_code) == (1012, 1012)


@pytest.mark.slow
async def test_a_flood_of_pings_is_cut_off_with_4429():
    async with node(operations_per_s=10, operations_burst=5) as served, bare(served.port) as client:
        for _ in range(200):
            client.send(b"", 0x89)
        _, code = await client.rest()

    assert code == 4429


async def test_close_codes_that_clients_make_up_are_one_in_the_metrics():
    before = closings()
    async with node() as served:
        for code in range(3_900, 3_920):
            async with bare(served.port) as client:
                client.send(code.to_bytes(2), 0x88)
                await client.rest()
        assert await until(lambda: not served.view._sockets, PATIENCE_S)
        after = closings()

    assert after["other"] - before.get("other", 0.0) == 20.0
    assert after.keys() - before.keys() <= {"other"}


def closings():
    """How many connections were closed, by the code that is told."""
    every = [sample for family in REGISTRY.collect() for sample in family.samples]
    return {one.labels["code"]: one.value for one in every if one.name == "whisperer_ws_closed_total"}


async def test_a_ping_is_answered_with_its_own_bytes():
    async with node() as served, bare(served.port) as client:
        await client.message("hello")
        client.send(b"mark", 0x89)

        assert await client.frame() == (10, b"mark")


async def test_timers_of_the_hub_do_not_log_under_the_trace_id_of_a_client(monkeypatch):
    monkeypatch.setattr(heart, "POLL_S", 0.01)
    async with node(idle_heartbeat_s=0.1) as served, connected(served.port, headers={"X-Request-ID": "mine"}) as client:
        await client.ask("subscribe", ch=["status"])
        await client.until("snapshot")
        with capture_logs([structlog.contextvars.merge_contextvars]) as logs:
            monkeypatch.setattr("actors.bridge.channels.status.status_body", lambda _context: 1 / 0)
            assert await client.end() == 4500

    (failed,) = [one for one in logs if one["event"] == "channel_failed"]
    assert "trace_id" not in failed


async def test_an_operation_leaves_no_trace_id_behind():
    async with node() as served, connected(served.port) as client:
        session = Session(served.hub, served.hub._context, served.hub.connections[0])
        await session.receive('{"op":"ping"}')
        assert (await client.next())["type"] == "pong"

    assert "trace_id" not in structlog.contextvars.get_contextvars()
