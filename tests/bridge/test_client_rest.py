"""The REST half of the Python client, on a served node."""

import ast
import sys
from pathlib import Path

import pytest
import whisperer_client
from whisperer_client import ApiError, Client, NotConnectedError, ProtocolError
from whisperer_client.types import CHANNELS, Capabilities, Health

from scripts.client_types import public_name
from tests.bridge.client_world import take, world
from tests.bridge.fakes import BTC, ETH

PACKAGE = Path(whisperer_client.__file__).parent


async def test_what_is_asked_once():
    async with world(bars=5) as here:
        rest = here.client.rest
        status, instruments = await rest.status(), await rest.instruments()
        one = await rest.instrument(ETH)

        assert status.state == "running"
        assert [item.instrument_id for item in instruments] == [BTC, ETH]
        assert one == instruments[1]
        assert isinstance(await rest.capabilities(), Capabilities)
        assert isinstance(await rest.health(), Health)
        assert (await rest.signals()).items == ()


async def test_pages_of_bars():
    async with world(bars=9) as here:
        rest = here.client.rest
        newest = await rest.bars(BTC, "1m", limit=4)
        before = await rest.bars(BTC, "1m", limit=4, cursor=newest.next)
        part = await rest.bars(BTC, "1m", start=here.opens[2], end=here.opens[7])

    assert [bar.t for bar in (*before.items, *newest.items)] == here.opens[1:]
    assert [bar.t for bar in part.items] == here.opens[2:7]


async def test_a_refusal_has_the_node_s_code():
    async with world() as here:
        with pytest.raises(ApiError) as unknown:
            await here.client.rest.bars("NOTHING.SIM", "1m")
        with pytest.raises(ApiError) as wrong:
            await here.client.rest.bars(BTC, "1m", limit=0)

    assert (unknown.value.code, unknown.value.status, unknown.value.is_retryable) == ("unknown_instrument", 404, False)
    assert wrong.value.problem["errors"][0]["path"] == "$.limit"


async def test_nobody_there_and_nonsense_are_errors_of_their_own():
    async with Client("http://127.0.0.1:1") as client:
        with pytest.raises(NotConnectedError):
            await client.rest.status()
    async with world() as here:
        with pytest.raises(ProtocolError):
            await here.client.rest.get("/api/v1/status", Capabilities)


@pytest.mark.parametrize("url", ["", "127.0.0.1:8080", "ws://there", "http://"])
def test_a_url_that_is_none_is_refused(url):
    with pytest.raises(ValueError, match="url must be"):
        Client(url)


async def test_outside_of_its_block_it_says_so():
    client = Client()
    with pytest.raises(RuntimeError, match="async with"):
        client.status()
    with pytest.raises(RuntimeError, match="async with"):
        _ = client.rest


async def test_hello_tells_of_the_node():
    async with world() as here:
        await take(here.client.status(), 1)

        assert here.client.hello.protocol == "trader.v1"


def test_the_package_needs_nothing_of_ours():
    allowed = {*sys.stdlib_module_names, "aiohttp", "msgspec", "whisperer_client"}
    for file in PACKAGE.glob("*.py"):
        for node in ast.walk(ast.parse(file.read_text())):
            names = [one.name for one in node.names] if isinstance(node, ast.Import) else []
            names += [node.module] if isinstance(node, ast.ImportFrom) else []
            assert {name.partition(".")[0] for name in names} <= allowed, file.name


def test_every_channel_has_its_types_and_a_method():
    for name, kind in CHANNELS.items():
        assert kind.update.__struct_config__.tag != "snapshot"
        assert kind.snapshot.__struct_config__.tag == "snapshot"
        assert hasattr(Client, {"book_delta": "order_book"}.get(name, name)), name


def test_names_lose_what_only_the_node_needs():
    assert [public_name(name) for name in ("SignalBody", "BarUpdate", "Body")] == ["Signal", "BarUpdate", "Body"]
