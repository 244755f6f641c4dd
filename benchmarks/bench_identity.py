"""What knowing the caller costs over a node for one person, and whether time tells what is somebody else's."""

import asyncio
import io
import multiprocessing
import socket
import statistics
import time

import pytest
import uvloop
from aiohttp import web

from actors.bridge.server import Server
from actors.ports.identity import Identity
from config.auth import AuthSection
from config.schema import LogSection, NodeConfig, ServerSection
from node.logs import configure_logs
from tests.bridge.fake_traders import FakeTraders
from tests.bridge.fakes import BTC, FakeBars, bar_rows, make_context
from tests.live.people import PASSWORD, SWAP, TEAM, Person, first_admin
from tests.node_process import NodeProcess

BARS = f"/api/v1/bars?instrument_id={BTC}&interval=1m&limit=1000"
TRADER = "/api/v1/trader"
EMAIL = "anna@example.com"
ROUNDS, REQUESTS = 20, 100
MOST = 1.1
"""Times a request of a node for one person."""
CALLS = 500
MOST_SHARE, MOST_MS = 0.05, 0.1
"""By which the medians of "absent" and "somebody else's" may differ."""


class _Nowhere(io.TextIOBase):
    """The access log is written, as in a node, and thrown away."""

    def write(self, text: str) -> int:
        return len(text)


async def _no_websocket(request):
    return web.Response(status=426)


async def real_identity(folder, config) -> tuple[Identity, str]:
    """Return the product's identity of local users, and an access token of a trader."""
    from actors.auth.opening import open_people
    from actors.ports.identity import Origin
    from actors.store.journal import SqliteJournal

    journal = SqliteJournal.open(folder / "journal.db", "whisperer")
    opened = await open_people(config, journal, folder)
    origin = Origin(address="127.0.0.1")
    await opened.people.add(
        "anna@example.com", "a long password 1", ["trader"], origin, actor="node", must_change=False
    )
    signed = await opened.people.sign_in("anna@example.com", "a long password 1", origin)
    return opened.identity, signed.access_token


def serve(pipe, folder) -> None:
    """Run a node for one person and one with users in this process; tell ports and token; go on until killed."""
    configure_logs(LogSection(format="json"), _Nowhere())
    uvloop.run(_serve(pipe, folder))


async def _serve(pipe, folder) -> None:
    free = ServerSection(port=0, user_rate_limit_per_min=10**8, rate_limit_per_min=10**8)
    users = NodeConfig(server=free, auth=AuthSection(mode="local", access_min=60.0))
    identity, token = await real_identity(folder, users)
    anna = (await identity.verify(token)).user_id
    bars, traders = FakeBars(), FakeTraders("local", anna, "bert")
    bars.put(BTC, "1m", bar_rows(7_600))
    servers = [
        Server(make_context(NodeConfig(server=free), bars=bars, traders=traders), _no_websocket),
        Server(make_context(users, bars=bars, traders=traders, identity=identity), _no_websocket),
    ]
    for server in servers:
        await server.start()
    pipe.send((servers[0].port, servers[1].port, token))
    await asyncio.Event().wait()


class Client:
    """One kept-alive connection, nothing between it and the socket."""

    def __init__(self, port: int, token: str = "") -> None:
        self._socket = socket.create_connection(("127.0.0.1", port))
        self._socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self._head = f"Host: localhost\r\nAuthorization: Bearer {token}\r\n" if token else "Host: localhost\r\n"

    def ask(self, method: str, path: str) -> int:
        """Return the status."""
        self._socket.sendall(f"{method} {path} HTTP/1.1\r\n{self._head}\r\n".encode())
        received = b""
        while b"\r\n\r\n" not in received:
            received += self._socket.recv(1 << 18)
        head, _, body = received.partition(b"\r\n\r\n")
        missing = int(head.lower().partition(b"content-length: ")[2].partition(b"\r")[0]) - len(body)
        while missing > 0:
            missing -= len(self._socket.recv(min(missing, 1 << 18)))
        return int(head.split(b" ", 2)[1])

    def time_ms(self, method: str, path: str) -> tuple[float, int]:
        begun = time.perf_counter()
        status = self.ask(method, path)
        return (time.perf_counter() - begun) * 1_000, status


@pytest.fixture(scope="module")
def served(tmp_path_factory):
    """A client of the node for one person, which looks at no token, and one of the node with users: the same bytes."""
    context = multiprocessing.get_context("spawn")
    here, there = context.Pipe()
    process = context.Process(target=serve, args=(there, tmp_path_factory.mktemp("people")), daemon=True)
    process.start()
    assert here.poll(60), "the servers did not start"
    alone, shared, token = here.recv()
    yield Client(alone, token), Client(shared, token)
    process.kill()
    process.join()


@pytest.mark.bench
@pytest.mark.parametrize("path", [TRADER, BARS])
def test_a_request_of_somebody_known(served, path):
    ratios, medians = [], ([], [])
    for client in served:
        client.ask("GET", path)
    for _ in range(ROUNDS):
        took = [[], []]
        for _ in range(REQUESTS):  # by turns, so that whatever else the machine does meets both
            for client, times in zip(served, took, strict=True):
                ms, status = client.time_ms("GET", path)
                assert status == 200
                times.append(ms)
        alone, shared = map(statistics.median, took)
        ratios.append(shared / alone)
        for kept, one in zip(medians, (alone, shared), strict=True):
            kept.append(one)
    ratio = statistics.median(ratios)

    print(f"\n{path.partition('?')[0]}: for one person {min(medians[0]):.3f} ms, with users {min(medians[1]):.3f} ms")
    print(f"  ratio {ratio:.3f} (bar: {MOST})")
    assert ratio <= MOST


@pytest.fixture(scope="module")
def two(tmp_path_factory):
    """A whole node on the clock, anna's connection to it, and what is bert's by the row that asks for it."""
    folder = tmp_path_factory.mktemp("node")
    settings = (f"{name}=10000000" for name in ("server.user_rate_limit_per_min", "server.rate_limit_per_min"))
    with NodeProcess(folder, "buffer.window=100", "signals=[]", *settings, config=TEAM) as node:
        node.ready()
        admin = first_admin(node)
        anna, bert = (_made(node, admin, f"{name}@example.com") for name in ("anna", "bert"))
        bert.order("bert-order-1", price="1000.00")
        _, key = bert("POST", "/api/v1/api-keys", {"name": "program", "scopes": ["read"]})
        _, sessions = bert("GET", "/api/v1/sessions")
        wish = {"name": "bert-plan", "kind": "signal_follow", "params": {"instrument_id": SWAP, "quantity": "0.01"}}
        status, found = bert("POST", "/api/v1/strategies", wish)
        assert status == 201, found
        yield (
            Client(node.port, anna.token),
            {
                "GET /api/v1/orders/": "bert-order-1",
                "DELETE /api/v1/orders/": "bert-order-1",
                "DELETE /api/v1/api-keys/": key["key"]["key_id"],
                "DELETE /api/v1/sessions/": sessions["items"][0]["session_id"],
                "DELETE /api/v1/strategies/": "bert-plan",
            },
        )


def _made(node, admin, email):
    body = {"email": email, "password": PASSWORD, "roles": ["trader"], "must_change": False}
    status, found = admin("POST", "/api/v1/users", body)
    assert status == 201, found
    person = Person(node, email)
    assert person.sign_in()[0] == 200
    node.until(lambda: person("GET", "/api/v1/trader")[0] == 200)
    return person


@pytest.mark.bench
def test_time_does_not_tell_what_is_somebody_else_s(two):
    """The medians of 500 calls, by turns and in changing order, for another's id and for one that nobody has."""
    client, theirs = two
    print()
    for row, other in theirs.items():
        method, _, path = row.partition(" ")
        absent = other.translate(str.maketrans("0123456789abcdef", "1032547698badcfe"))
        took = {other: [], absent: []}
        for number in range(CALLS + 20):
            for name in (other, absent) if number % 2 else (absent, other):
                ms, status = client.time_ms(method, path + name)
                assert status == 404, (row, name, status)
                if number >= 20:  # the first ones warm up
                    took[name].append(ms)
        found, nothing = map(statistics.median, took.values())
        apart = abs(found - nothing)
        print(
            f"  {row:32} another's {found:.3f} ms, absent {nothing:.3f} ms, apart {apart / nothing:.1%}, {apart:.3f} ms"
        )
        assert apart <= max(nothing * MOST_SHARE, MOST_MS), row
