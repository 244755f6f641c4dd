"""The shared store against a real server that is killed, frozen, flushed, filled, spoiled and started again."""

import asyncio
import time

import pytest
import structlog

from actors.cache.envelope import seal
from actors.cache.redis_store import CONNECT_S, RedisStore
from actors.cache.ttl import TtlCache
from config.errors import ConfigError
from config.schema import CacheSection
from tests.own_time import OwnTimeLoop
from tests.redis_server import RedisServer

pytestmark = pytest.mark.slow  # it starts processes
PREFIX = "whisperer:test:"
HASTY_S, PATIENT_S = 0.05, 5.0
"""Time limits of an answer: the product's, and one that a busy machine keeps, too."""
NAME = "past:historical:k"
"""Name of the historical answer `k` without the prefix."""


@pytest.fixture(scope="module")
def running(tmp_path_factory):
    with RedisServer(tmp_path_factory.mktemp("redis"), "--maxmemory-policy", "noeviction") as server:
        yield server


@pytest.fixture
def server(running):
    running.order("FLUSHALL")
    return running


def node_on(server, *, timeout_s=PATIENT_S, **section):
    store = RedisStore(server.url, prefix=PREFIX, timeout_s=timeout_s)
    return TtlCache(CacheSection(**section), past="past", present="venue", shared=store)


@pytest.fixture
async def world():
    """Makes nodes and stops them at the end; each is a cache of one process."""
    nodes = []

    def make(server, **options):
        node = node_on(server, **options)
        node.start()
        nodes.append(node)
        return node

    yield make
    for node in nodes:
        await node.stop()


async def until(condition, *, timeout_s=60.0):
    async with asyncio.timeout(timeout_s):
        while not condition():  # noqa: ASYNC110  # it is another process that we wait for
            await asyncio.sleep(0.002)


async def connected(node):
    await until(lambda: node.health().trouble is None)
    return node


class Maker:
    def __init__(self, answer=b"answer"):
        self.answer = answer
        self.made = 0

    async def __call__(self):
        self.made += 1
        return self.answer


async def never():
    raise AssertionError("it was to come from Redis")


async def test_what_one_node_has_made_another_need_not_make(server, world):
    anna, bob = [await connected(world(server)) for _ in range(2)]
    for kind in ("real_time", "historical", "technical"):
        await anna.get(kind, "k", Maker(kind.encode()))
    await until(lambda: server.keys() == 3)

    assert [(await bob.get(kind, "k", never)).value for kind in ("real_time", "technical")] == [
        b"real_time",
        b"technical",
    ]


async def test_an_answer_does_not_become_younger_by_going_through_redis(server, world):
    anna, bob = [await connected(world(server, real_time_s=1.0)) for _ in range(2)]
    for name in map(str, range(20)):  # on a busy machine it may be too old by the time it is asked for
        server.order("FLUSHALL")
        await anna.get("real_time", name, Maker(b"old"))
        made = time.monotonic()
        await until(lambda made=made: server.keys() == 1 or time.monotonic() > made + 1.0)
        await asyncio.sleep(0.1)  # time is what is tested
        asked = time.monotonic()
        found = await bob.get("real_time", name, Maker(b"new"))
        if found.value == b"old":
            break

    assert found.value == b"old"
    assert found.good_for_s <= made + 1.0 - asked + 0.01
    await asyncio.sleep(found.good_for_s + 0.01)
    assert (await bob.get("real_time", name, Maker(b"new"))).value == b"new"


async def test_what_is_only_of_this_process_is_not_sent_to_redis(server):
    store = RedisStore(server.url, prefix=PREFIX, timeout_s=PATIENT_S)
    node = TtlCache(CacheSection(), past="past", present=None, shared=store)
    node.start()
    await connected(node)
    await node.get("real_time", "k", Maker())
    await node.get("historical", "k", Maker())
    await until(lambda: server.keys() == 1)
    await node.stop()

    assert server.order("EXISTS", PREFIX + NAME) == b":1"


async def test_a_dropped_answer_is_gone_for_all(server, world):
    node = await connected(world(server))
    await node.get("historical", "k", Maker())
    await until(lambda: server.keys() == 1)
    node.drop("historical", "k")

    await until(lambda: server.keys() == 0)


def spoilt():
    """Ways in which a value of ours can be something else."""
    name, good = PREFIX + NAME, seal(PREFIX + NAME, b"answer")
    return {
        "cut off": [("SET", name, good[:-1], "PX", 60_000)],
        "a bit flipped": [("SET", name, good[:-1] + bytes([good[-1] ^ 1]), "PX", 60_000)],
        "somebody else's": [("SET", name, b'{"answer": 1}', "PX", 60_000)],
        "empty": [("SET", name, b"", "PX", 60_000)],
        "of another key": [("SET", name, seal(PREFIX + "past:historical:other", b"wrong"), "PX", 60_000)],
        "without an end": [("SET", name, good)],
        "longer than any of ours": [("SET", name, good + bytes(2_000_000), "PX", 60_000)],
        "a list": [("LPUSH", name, good), ("PEXPIRE", name, 60_000)],
    }


@pytest.mark.parametrize("fault", spoilt())
async def test_a_spoilt_value_is_none(server, world, fault):
    node = await connected(world(server))
    for order in spoilt()[fault]:
        server.order(*order)

    assert (await node.get("historical", "k", Maker(b"fresh"))).value == b"fresh"
    assert node.health().trouble is None, "the server itself is well"


async def test_flushed_it_is_only_empty(server, world):
    anna, bob = [await connected(world(server)) for _ in range(2)]
    await anna.get("historical", "k", Maker())
    await until(lambda: server.keys() == 1)
    server.order("FLUSHALL")
    make = Maker()

    assert (await bob.get("historical", "k", make)).value == b"answer"
    assert make.made == 1
    assert bob.health().trouble is None


async def test_full_it_still_answers_and_takes_nothing_more(server, world):
    anna, bob = [await connected(world(server)) for _ in range(2)]
    await anna.get("historical", "k", Maker())
    await until(lambda: server.keys() == 1)
    server.order("CONFIG", "SET", "maxmemory", "1")
    try:
        make = Maker(b"made")
        assert (await bob.get("historical", "k", never)).value == b"answer"
        assert (await bob.get("historical", "other", make)).value == b"made"
        await until(lambda: not bob._shared._writes)
        assert server.keys() == 1
        assert bob.health().trouble is None
    finally:
        server.order("CONFIG", "SET", "maxmemory", "0")


async def test_absent_at_the_start_one_line_says_so_and_this_process_serves(tmp_path, world):
    server = RedisServer(tmp_path)
    with structlog.testing.capture_logs() as lines:
        node = world(server)
        await until(lambda: "not connected yet" not in node.health().trouble)
        make = Maker()
        for _ in range(3):
            await node.get("historical", "k", make)
        await asyncio.sleep(0.5)  # several attempts to connect

    assert make.made == 1
    assert [line["event"] for line in lines] == ["cache_redis_lost"]
    assert lines[0]["address"] == f"127.0.0.1:{server.port}"
    assert "Connect" in node.health().trouble


async def test_it_is_found_once_it_is_there(tmp_path, world):
    server = RedisServer(tmp_path)
    node = world(server)
    await until(lambda: "not connected yet" not in node.health().trouble)
    with server:
        await connected(node)
        await node.get("historical", "k", Maker())
        await until(lambda: server.keys() == 1)


async def test_killed_while_running_nobody_waits_for_it_and_it_is_used_again_once_it_is_back(tmp_path, world):
    with structlog.testing.capture_logs() as lines, RedisServer(tmp_path) as server:
        node = await connected(world(server, timeout_s=20 * PATIENT_S))
        server.kill()
        slowest = 0.0
        for number in range(50):
            began = time.perf_counter()
            assert (await node.get("historical", str(number), Maker())).value == b"answer"
            slowest = max(slowest, time.perf_counter() - began)
        assert slowest < 10 * PATIENT_S
        assert node.health().trouble is not None
        server.start()
        await connected(node)
        await node.get("historical", "after", Maker())
        await until(lambda: server.keys() == 1)

    assert [line["event"] for line in lines[:3]] == [
        "cache_redis_connected",
        "cache_redis_lost",
        "cache_redis_connected",
    ]


def test_frozen_it_costs_its_time_limit_a_few_times_and_then_nothing(server):
    async def ask():
        node, times, now = node_on(server, timeout_s=0.25), [], asyncio.get_running_loop().time
        node.start()
        await connected(node)
        server.freeze()
        try:
            for number in range(20):
                began = now()
                assert (await node.get("historical", str(number), Maker())).value == b"answer"
                times.append(now() - began)
            assert sum(one > 0.2 for one in times) <= 3
            assert max(times) < 2.5
            assert "no answer within 250 ms" in node.health().trouble
        finally:
            server.thaw()
        await connected(node)
        await node.get("historical", "after", Maker())
        await until(lambda: server.order("EXISTS", PREFIX + "past:historical:after") == b":1")
        await node.stop()

    asyncio.run(ask(), loop_factory=OwnTimeLoop)


async def test_answers_that_came_too_late_are_never_taken_for_others(server, world):
    """A connection given up in the middle of an answer must not give that answer to the next question."""
    writer, reader = [await connected(world(server, timeout_s=timeout_s)) for timeout_s in (PATIENT_S, HASTY_S)]
    names = [str(number) for number in range(40)]
    for name in names:
        await writer.get("historical", name, Maker(name.encode() * 500))
    await until(lambda: server.keys() == len(names))
    for _ in range(5):
        reader.clear()
        server.freeze()
        asking = [asyncio.ensure_future(reader.get("historical", name, Maker(name.encode() * 500))) for name in names]
        await asyncio.sleep(0.02)
        server.thaw()
        for name, cached in zip(names, await asyncio.gather(*asking), strict=True):
            assert cached.value == name.encode() * 500
        await connected(reader)


async def test_one_slow_answer_alone_is_only_a_miss(server, world):
    node = await connected(world(server, timeout_s=HASTY_S))
    server.freeze()
    try:
        await node.get("historical", "k", Maker())
    finally:
        server.thaw()

    assert node.health().trouble is None


async def test_the_loop_is_never_blocked_by_it(server, world):
    node = await connected(world(server, timeout_s=HASTY_S))
    waits, worked = [], 0.0
    is_over = False

    async def watch():
        nonlocal worked
        while not is_over:
            wall, own = time.perf_counter(), time.process_time()
            await asyncio.sleep(0.001)
            waits.append(time.perf_counter() - wall)
            worked = max(worked, time.process_time() - own)

    watching = asyncio.ensure_future(watch())
    server.freeze()
    try:
        await asyncio.gather(*(node.get("historical", str(number), Maker(bytes(50_000))) for number in range(40)))
    finally:
        server.thaw()
    await connected(node)
    is_over = True
    await watching
    assert worked < 0.25, "the loop was kept busy"
    assert sorted(waits)[-3] < 1.0, "the loop stood still, and not because the machine did once or twice"


async def test_with_a_password_that_is_told_to_nobody(tmp_path, world):
    with RedisServer(tmp_path, "--requirepass", "hunter2-secret") as server:
        good = f"redis://:hunter2-secret@127.0.0.1:{server.port}/0"
        bad = f"redis://:wrong-secret@127.0.0.1:{server.port}/0"
        with structlog.testing.capture_logs() as lines:
            store, wrong = (RedisStore(url, prefix=PREFIX, timeout_s=PATIENT_S) for url in (good, bad))
            store.start()
            wrong.start()
            await until(lambda: store.trouble() is None and "Auth" in wrong.trouble())
        said = f"{lines} {store.trouble()} {wrong.trouble()} {store!r} {vars(wrong)['_address']}"
        await store.stop()
        await wrong.stop()

    assert "secret" not in said


async def garbage(reader, writer):
    """Answer like a server of another kind."""
    while await reader.read(1_000):
        writer.write(b"HTTP/1.1 400 Bad Request\r\n\r\n*9999999\r\n$-7\r\n:x\r\n")


async def silence(reader, writer):
    """Say goodbye at once."""
    writer.close()


@pytest.mark.parametrize("manners", [garbage, silence])
async def test_a_server_of_another_kind_is_no_redis(world, manners):
    other = await asyncio.start_server(manners, "127.0.0.1", 0)
    url = f"redis://127.0.0.1:{other.sockets[0].getsockname()[1]}"
    store = RedisStore(url, prefix=PREFIX, timeout_s=0.05)
    node = TtlCache(CacheSection(), past="past", shared=store)
    node.start()
    await until(lambda: "not connected yet" not in node.health().trouble)

    assert (await node.get("historical", "k", Maker())).value == b"answer"
    await node.stop()
    other.close()


@pytest.mark.parametrize("url", ["", "http://host", "redis://host:notaport", "redis://host?db=x"])
def test_an_address_that_cannot_be_read_is_refused_at_the_start_and_not_repeated(url):
    with pytest.raises(ConfigError, match=r"cache\.redis_url_env") as refused:
        RedisStore(url, prefix=PREFIX, timeout_s=0.05)

    assert "notaport" not in str(refused.value)


def test_stopping_does_not_wait_for_a_frozen_server(server):
    async def stop():
        node, now = node_on(server), asyncio.get_running_loop().time
        node.start()
        await connected(node)
        server.freeze()
        try:
            began = now()
            asyncio.ensure_future(node.get("historical", "k", Maker())).add_done_callback(lambda done: done.exception())
            await asyncio.sleep(0)
            await node.stop()
            assert now() - began < CONNECT_S / 2
        finally:
            server.thaw()

    asyncio.run(stop(), loop_factory=OwnTimeLoop)
