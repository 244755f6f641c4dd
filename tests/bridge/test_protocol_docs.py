"""What docs/protocol.md shows is what the node says and understands."""

import asyncio
import json
import re
from pathlib import Path

import msgspec
import pytest

from actors.bridge.channel import channels
from actors.bridge.command import commands
from actors.bridge.plugins import check_access, message_types
from actors.bridge.session import FLOOD_BURST, FLOOD_PER_S
from actors.bridge.wire_messages import CONTROL_MESSAGES
from config.schema import WebSocketSection
from tests.bridge.fakes import BTC
from tests.bridge.socket_client import node
from tests.contract_check import check_message

TEXT = (Path(__file__).parents[2] / "docs" / "protocol.md").read_text()
EXAMPLES = [json.loads(block) for block in re.findall(r"```json\n(.*?)```", TEXT, re.DOTALL)]
PROGRAM = re.search(r"```python\n(.*?)```", TEXT, re.DOTALL)[1]


def named(example):
    return str(example.get("op") or example.get("type"))


def holds(told, example):
    """Whether an example says nothing else than what was understood, which has the defaults too."""
    if isinstance(example, dict):
        return all(holds(told[name], value) for name, value in example.items())
    if isinstance(example, list):
        return len(told) == len(example) and all(map(holds, told, example))
    return told == example


@pytest.mark.parametrize("example", EXAMPLES, ids=named)
def test_an_example_is_a_real_message(example):
    payload = json.dumps(example).encode()
    if "op" in example:
        told = msgspec.json.decode(payload, type=commands.get(example["op"]))
        assert holds(json.loads(msgspec.json.encode(told)), example)
    else:
        check_message(payload)


def test_every_message_operation_and_channel_is_shown():
    shown = {named(example) for example in EXAMPLES}
    expected = {kind.__struct_config__.tag for kind in message_types()}

    assert shown == expected
    assert {str(example["ch"]).partition(":")[0] for example in EXAMPLES if "data" in example} == set(channels)
    assert len(CONTROL_MESSAGES) == 6


def test_the_limits_told_are_the_defaults():
    limits = WebSocketSection()
    section = TEXT.partition("\n## Limits\n")[2].partition("\n## ")[0]
    told = dict(re.findall(r"^\| `(\w+)` \| ([0-9.]+) \|", section, re.MULTILINE))
    hello = next(example for example in EXAMPLES if named(example) == "hello")

    assert told == {name: str(getattr(limits, name)) for name in told}
    assert len(told) == 13
    assert hello["limits"] == {name: getattr(limits, name) for name in hello["limits"]}
    assert f"{limits.slow_after_bytes // 1024} KiB wait for it" in TEXT
    assert (FLOOD_PER_S, FLOOD_BURST) == (5, 10)


def test_every_channel_and_operation_has_its_row_in_the_authorization_table():
    check_access()


async def test_the_client_shown_rebuilds_the_channels_across_a_broken_connection():
    async with node() as served:
        source = PROGRAM.replace("http://127.0.0.1:8080", f"http://127.0.0.1:{served.port}")
        told = []
        space = {"print": told.append}
        exec(compile(source.replace("asyncio.run(main())", ""), "client", "exec"), space)
        running = asyncio.create_task(space["main"]())
        await until(lambda: len(space["known"]) == 2)
        served.close()
        await until(lambda: space["known"][f"bars:{BTC}:1m"][1] == 1)
        served.hub.connections[0].close(4500, "test")
        served.close()
        await until(lambda: space["known"][f"bars:{BTC}:1m"][1] == 2)
        running.cancel()

    assert [one["seq"] for one in told if one["type"] == "bar"] == [1, 2]
    assert [one["type"] for one in told].count("snapshot") == 2


async def until(is_true):
    async with asyncio.timeout(30):
        while not is_true():  # noqa: ASYNC110  # what is waited for sets no event
            await asyncio.sleep(0.005)
