"""Dialects over real sockets, with plain clients that know nothing of us."""

import asyncio
import json
from contextlib import asynccontextmanager
from pathlib import Path

import aiohttp
import msgspec
import pytest

from actors.bridge.connection import Connection
from actors.bridge.delivery import translation
from actors.bridge.delivery.frames import payload_of
from actors.bridge.delivery.lane import Lane
from actors.bridge.dialect import Dialect, Dialects, Said, Word, dialects, protocols
from actors.bridge.dialects.pascal import SignalReceived
from actors.bridge.session import Session
from actors.bridge.symbols import Symbols
from actors.bridge.wire_messages import SignalUpdate
from actors.market import MINUTE_NS
from config.errors import BadRequestError, ConfigError
from config.registry import Registry
from config.schema import NodeConfig, ServerSection, WebSocketSection
from tests.bridge.fakes import BTC, ETH, START_NS, FakeBars, instrument, signal
from tests.bridge.hub_loop import FakeSocket
from tests.bridge.hub_world import World
from tests.bridge.socket_client import connected, node

GUIDE = Path(__file__).parents[2] / "docs" / "adding_a_dialect.md"
EVERY = list(dialects)


class Page:
    """A page written for another server: JSON in, JSON out."""

    def __init__(self, ws):
        self.ws = ws

    async def next(self):
        return json.loads(await self.ws.receive_str(timeout=30))

    async def next_of(self, kind):
        while (told := await self.next())["type"] != kind:
            pass
        return told

    async def say(self, **message):
        await self.ws.send_str(json.dumps(message))


@asynccontextmanager
async def page(served, *, path="/ws", protocols=()):
    async with (
        aiohttp.ClientSession() as session,
        session.ws_connect(f"ws://127.0.0.1:{served.port}{path}", protocols=protocols) as ws,
    ):
        yield Page(ws)


def minutes(count, **fields):
    return [signal(START_NS + number * MINUTE_NS, **fields) for number in range(count)]


async def test_a_page_of_the_bot_core_hears_signals_in_its_words_and_its_pings_are_answered():
    async with node() as served, page(served, protocols=["trader.v1.pascal"]) as one:
        first = await one.next()
        served.relay.signal(signal(score=0.5))
        heard = await one.next()
        await one.say(type="Ping")
        pong = await one.next()

    assert one.ws.protocol == "trader.v1.pascal"
    assert first["type"] == "Connected"
    assert heard == {
        "type": "AISignalReceived",
        "timestamp": heard["timestamp"],
        "data": {
            "symbol": "BTCUSDT",
            "signal": "long",
            "confidence": 0.5,
            "timestamp": (START_NS + MINUTE_NS) // 10**6,
            "model_type": "technical",
            "timeframe": "1m",
            "reasoning": "made for a test",
            "strategy_scores": {"technical": 0.5},
        },
    }
    assert (pong["type"], type(pong["timestamp"])) == ("Pong", int)


async def test_a_client_of_the_ecosystem_hears_signals_in_its_words():
    async with node() as served, page(served, protocols=["trader.v1.be"]) as one:
        assert (await one.next())["type"] == "hello"
        served.relay.signal(signal(score=-0.5))
        heard = await one.next()
        await one.say(type="ping", t=1)
        pong = await one.next()

    assert heard["type"] == "ai_signal"
    assert heard["data"] == {
        "symbol": "BTCUSDT",
        "signal": "Short",
        "confidence": 0.5,
        "timestamp": "2023-11-14T22:15:00.000Z",
    }
    assert (pong["type"], pong["t"]) == ("pong", 1)


async def test_signals_come_in_order_none_twice_none_missing():
    async with node() as served, page(served, path="/ws?dialect=pascal") as one:
        await one.next()
        sent = minutes(300)
        for number, each in enumerate(sent):
            served.relay.signal(each)
            if number % 7 == 0:
                await asyncio.sleep(0)
        heard = [(await one.next())["data"]["timestamp"] for _ in sent]

    assert heard == [each.ts_event // 10**6 for each in sent]


async def test_what_was_said_before_is_not_said_again():
    async with node() as served:
        served.signals.kept = minutes(5)
        async with page(served, path="/ws?dialect=be") as one:
            await one.next()
            served.relay.signal(signal(START_NS + 9 * MINUTE_NS))
            assert (await one.next())["data"]["timestamp"] == "2023-11-14T22:24:00.000Z"


async def test_a_signal_of_an_instrument_without_a_symbol_is_left_out_of_the_dialect_alone():
    elsewhere = instrument("BTC-USDT.OKX")
    bars = FakeBars([instrument(BTC), instrument(ETH), elsewhere])
    symbols = Symbols(bars.instruments(), "SIM")
    update = msgspec.json.encode(
        {"type": "ai_signal", "ch": "signals", "seq": 1, "ts": 1, "data": _body(signal(instrument_id="BTC-USDT.OKX"))}
    )

    for name in EVERY:
        assert dialects.get(name)(symbols).frame(SignalUpdate, b"\x81\x7f" + len(update).to_bytes(8) + update) == b""


def _body(one):
    from actors.wire import signal_body

    return signal_body(one)


@pytest.mark.parametrize("name", EVERY)
class TestEveryDialect:
    async def test_it_speaks_numbers_symbols_and_no_nulls(self, name):
        async with node() as served, page(served, protocols=[f"trader.v1.{name}"]) as one:
            heard = []
            await one.next()
            for each in (signal(score=0.0), signal(score=0.9, instrument_id=ETH)):
                served.relay.signal(each)
                heard.append(await one.next())

        assert [each["data"]["symbol"] for each in heard] == ["BTCUSDT", "ETHUSDT"]
        for each in heard:
            assert set(each) == {"type", "data", "timestamp"}
            assert None not in each["data"].values()
            assert type(each["data"]["confidence"]) is float

    async def test_what_it_has_no_words_for_is_refused(self, name):
        async with node() as served, page(served, protocols=[f"trader.v1.{name}"]) as one:
            await one.next()
            await one.say(type="subscribe_bars", symbol="BTCUSDT", timeframe="1m")
            refused = await one.next()
            assert list(served.hub.connections[0].lanes) == ["signals"]

        assert refused["type"].lower() == "error"
        assert refused.get("data", refused)["code"] == "unknown_channel"

    async def test_nonsense_is_refused_and_the_connection_lives(self, name):
        async with node() as served, page(served, protocols=[f"trader.v1.{name}"]) as one:
            await one.next()
            for nonsense in ("", "{", "[]", '{"type": 7}', '{"type": "Dance"}', "\x00"):
                await one.ws.send_str(nonsense)
                assert (await one.next())["type"].lower() == "error"
            await one.ws.send_bytes(b"\x00")
            assert (await one.next())["type"].lower() == "error"
            served.relay.signal(signal())
            assert "data" in await one.next()

    async def test_it_stands_in_the_docs(self, name):
        assert f"`trader.v1.{name}`" in (GUIDE.parent / "protocol.md").read_text()


async def test_the_dialect_is_that_of_the_subprotocol_then_of_the_query_then_of_the_configuration():
    config = NodeConfig(server=ServerSection(port=0), ws=WebSocketSection(default_dialect="trader.v1.pascal"))
    greetings = []
    async with node(config=config) as served:
        for path, offered in [
            ("/ws", ()),
            ("/ws?dialect=be", ()),
            ("/ws?dialect=trader.v1.be", ()),
            ("/ws?dialect=trader.v1", ()),
            ("/ws?dialect=be", ("trader.v1.pascal",)),
            ("/ws?dialect=pascal", ("trader.v9", "trader.v1")),
        ]:
            async with page(served, path=path, protocols=offered) as one:
                greetings.append(((await one.next())["type"], one.ws.protocol))

    assert greetings == [
        ("Connected", None),
        ("hello", None),
        ("hello", None),
        ("hello", None),
        ("Connected", "trader.v1.pascal"),
        ("hello", "trader.v1"),
    ]


@pytest.mark.parametrize(("path", "offered"), [("/ws?dialect=klingon", ()), ("/ws", ("secret-token", "trader.v2"))])
async def test_what_is_not_known_is_refused_before_the_upgrade_and_not_repeated(path, offered):
    async with node() as served, aiohttp.ClientSession() as session:
        headers = {
            "Connection": "Upgrade",
            "Upgrade": "websocket",
            "Sec-WebSocket-Version": "13",
            "Sec-WebSocket-Key": "dGhlIHNhbXBsZSBub25jZQ==",
        } | ({"Sec-WebSocket-Protocol": ", ".join(offered)} if offered else {})
        async with session.get(f"http://127.0.0.1:{served.port}{path}", headers=headers) as answered:
            problem = await answered.json(content_type=None)

    assert (answered.status, problem["code"]) == (400, "bad_request")
    assert "trader.v1.pascal" in problem["detail"]
    assert "secret" not in problem["detail"]


def test_an_unknown_default_is_a_mistake_of_the_configuration():
    symbols = Symbols({BTC: instrument(BTC)}, None)

    with pytest.raises(ConfigError, match=r"ws\.default_dialect: expected one of trader\.v1, .*, was 'klingon'"):
        Dialects(symbols, "klingon")
    with pytest.raises(BadRequestError):
        Dialects(symbols, "trader.v1").chosen("nothing", None)


class Counted(Dialect):
    """Counts what it encodes."""

    channels = ("signals",)

    def __init__(self, symbols, *, fails=False):
        super().__init__(symbols)
        self.encoded = []
        self.words = {SignalUpdate: Word("counted", self.data)}
        self.fails = fails

    def data(self, update, symbols):
        self.encoded.append(update.seq)
        if self.fails:
            raise ValueError("boom")
        return SignalReceived(
            symbol=symbols.symbol(update.data.instrument_id),
            signal="long",
            confidence=1.0,
            timestamp=update.seq,
            model_type="",
            timeframe="1m",
            reasoning="x" * 300,
            strategy_scores={},
        )

    def answer(self, message, wall_ms):
        if self.fails:
            raise ValueError("boom")
        return Said(type=type(message).__name__, timestamp=wall_ms)


class Heard:
    """A client of a dialect over a fake socket that may stall."""

    def __init__(self, world, dialect):
        self.world = world
        self.kept = b""
        self.socket = FakeSocket(self._receive)
        self.closed = []
        self.connection = Connection(self.socket, lambda code, _: self.closed.append(code), dialect)
        world.hub.attach(self.connection)
        self.session = Session(world.hub, world.context, self.connection, clock=world.loop)
        self.session.greet()

    def _receive(self, data):
        self.kept += data

    def numbers(self):
        """Return the sequence numbers heard."""
        found, rest = [], self.kept
        while rest:
            width = {126: 2, 127: 8}.get(rest[1], 0)
            size = int.from_bytes(rest[2 : 2 + width]) if width else rest[1]
            frame, rest = rest[: 2 + width + size], rest[2 + width + size :]
            told = json.loads(bytes(payload_of(frame)))
            if told["type"] == "counted":
                found.append(told["data"]["timestamp"])
        return found


def small_world(**limits):
    world = World(slow_after_bytes=2_000, caught_up_below_bytes=1_000, **limits)
    return world, Counted(world.context.symbols)


def publish(world, count, first=0):
    for number in range(first, first + count):
        world.relay.signal(signal(START_NS + number * MINUTE_NS))
        world.loop.settle()


def test_each_message_is_encoded_once_however_many_hear_it():
    world, dialect = small_world()
    clients = [Heard(world, dialect) for _ in range(200)]
    publish(world, 10)

    assert dialect.encoded == list(range(1, 11))
    assert {tuple(client.numbers()) for client in clients} == {tuple(range(1, 11))}


def test_nothing_is_encoded_while_nobody_speaks_the_dialect():
    world, dialect = small_world()
    native = world.client()
    native.subscribe("signals")
    gone = Heard(world, dialect)
    world.hub.detach(gone.connection)
    publish(world, 10)

    assert len(native.of_type("ai_signal")) == 10
    assert dialect.encoded == []


def test_a_client_that_stalled_gets_what_it_missed_encoded_no_second_time():
    world, dialect = small_world(message_queue_size=1_000)
    quick, slow = Heard(world, dialect), Heard(world, dialect)
    slow.socket.is_stalled = True
    publish(world, 100)
    slow.socket.is_stalled = False
    slow.socket.read()
    world.loop.advance(1.0)
    publish(world, 1, first=100)

    assert quick.numbers() == slow.numbers() == list(range(1, 102))
    assert dialect.encoded == list(range(1, 102))
    assert slow.closed == []


def test_one_that_stays_stuck_is_closed_like_any_other():
    world, dialect = small_world(stuck_after_s=2.0)
    slow = Heard(world, dialect)
    slow.socket.is_stalled = True
    publish(world, 100)
    world.loop.advance(5.0)

    assert slow.closed == [4508]


def test_one_that_missed_more_than_the_ring_holds_goes_on_in_order_and_that_is_counted(world_resyncs):
    world, dialect = small_world()
    slow = Heard(world, dialect)
    slow.socket.is_stalled = True
    publish(world, 3_000)
    before = world_resyncs()
    slow.socket.is_stalled = False
    slow.socket.read()
    world.loop.advance(1.0)
    publish(world, 2, first=3_000)

    heard = slow.numbers()
    assert heard == sorted(set(heard))
    assert heard[-2:] == [3_001, 3_002]
    assert world_resyncs() == before + 1


@pytest.fixture
def world_resyncs():
    from actors.bridge.delivery.stragglers import _resyncs

    return _resyncs._value.get


def test_what_is_kept_of_a_dialect_is_bounded_by_the_ring():
    world, dialect = small_world()
    Heard(world, dialect)
    publish(world, 2_100)
    (kept,) = world.hub.streams.find("signals")._translations.values()

    assert len(kept._rows) <= 2 * 1_000 + 1


def test_a_dialect_that_fails_takes_nothing_from_those_who_speak_our_own():
    world, _ = small_world()
    native = world.client()
    native.subscribe("signals")
    broken = Counted(world.context.symbols, fails=True)
    before = translation._failed._value.get()
    deaf = Heard(world, broken)
    publish(world, 5)
    world.loop.advance(20.0)

    assert len(native.of_type("ai_signal")) == 5
    assert native.close_code is None
    assert deaf.numbers() == []
    assert translation._failed._value.get() == before + 5


class Texts(Counted):
    """Says text where bytes are due."""

    def frame(self, kind, frame):
        return super().frame(kind, frame).decode("latin-1")


def test_a_dialect_that_says_no_bytes_takes_nothing_from_those_who_speak_our_own():
    world, _ = small_world()
    native = world.client("signals")
    before = translation._failed._value.get()
    deaf = Heard(world, Texts(world.context.symbols))
    publish(world, 5)

    assert len(native.of_type("ai_signal")) == 5
    assert (native.close_code, deaf.closed) == (None, [])
    assert deaf.numbers() == []
    assert translation._failed._value.get() == before + 5


def test_a_lane_of_a_dialect_that_fails_is_closed_alone(monkeypatch):
    world, dialect = small_world()
    broken = Counted(world.context.symbols)
    native, other, deaf = world.client("signals"), Heard(world, dialect), Heard(world, broken)
    since = Lane.since
    monkeypatch.setattr(
        Lane, "since", lambda lane, *given, **named: 1 / 0 if lane.dialect is broken else since(lane, *given, **named)
    )
    publish(world, 3)

    assert (native.close_code, other.closed, deaf.closed) == (None, [], [4500])
    assert len(native.of_type("ai_signal")) == 3
    assert other.numbers() == [1, 2, 3]


def test_after_a_new_epoch_a_dialect_goes_on_with_the_new_messages():
    world, dialect = small_world()
    one = Heard(world, dialect)
    publish(world, 3)
    world.hub.reset_all()
    world.loop.settle()
    publish(world, 2, first=3)

    assert one.numbers() == [1, 2, 3, 1, 2]


async def test_natives_and_dialects_hear_the_same_stream_side_by_side():
    async with (
        node() as served,
        connected(served.port) as native,
        page(served, path="/ws?dialect=pascal") as pascal,
        page(served, path="/ws?dialect=be") as be,
    ):
        await native.ask("subscribe", ch=["signals"])
        await pascal.next()
        await be.next()
        for each in minutes(20):
            served.relay.signal(each)
        heard = [(await native.until("ai_signal"))["data"]["ts"] for _ in range(20)]
        in_pascal = [(await pascal.next())["data"]["timestamp"] for _ in range(20)]
        in_be = [(await be.next())["data"]["timestamp"] for _ in range(20)]

    assert heard == in_pascal == sorted(heard)
    assert in_be == sorted(in_be)
    assert len(set(in_be)) == 20


def test_the_example_in_the_docs_works(monkeypatch):
    mine = Registry("dialect", "actors.bridge.dialects")
    monkeypatch.setattr("actors.bridge.dialect.dialects", mine)
    code = GUIDE.read_text().split("```python\n")[1].split("```")[0]
    exec(compile(code, str(GUIDE), "exec"), {"__name__": "their_dialect"})
    beacon = mine._classes["beacon"](Symbols({BTC: instrument(BTC)}, None))
    update = msgspec.json.encode({"type": "ai_signal", "ch": "s", "seq": 1, "ts": 5, "data": _body(signal(score=0.5))})
    frame = beacon.frame(SignalUpdate, b"\x81\x7f" + len(update).to_bytes(8) + update)

    assert json.loads(bytes(payload_of(frame))) == {
        "type": "light",
        "data": {"pair": "BTCUSDT", "colour": "green"},
        "timestamp": 5,
    }
    assert protocols() == ("trader.v1", "trader.v1.beacon")
