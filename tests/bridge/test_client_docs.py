"""What the Python client's README shows works, and it names everything there is."""

import asyncio
import re
from pathlib import Path

import whisperer_client
from whisperer_client import Client, Rest, Trading, errors

from tests.bridge.client_world import until, world
from tests.bridge.trading_world import trading

TEXT = (Path(__file__).parents[2] / "client" / "python" / "README.md").read_text()


PROGRAMS = re.findall(r"```python\n(.*?)```", TEXT, re.DOTALL)


async def test_the_program_shown_runs():
    program = PROGRAMS[0]
    async with world(bars=120) as here:
        printed = []
        space = {"print": lambda *words: printed.append(words)}
        source = program.replace("http://127.0.0.1:8080", here.line.url).replace("asyncio.run(main())", "")
        exec(compile(source, "README", "exec"), space)
        running = asyncio.create_task(space["main"]())
        await until(lambda: len(printed) == 100)
        here.line.cut()
        here.close(2)
        await until(lambda: len(printed) == 102)
        running.cancel()

    assert [opened for opened, _ in printed] == here.opens[20:]


async def test_the_order_shown_is_sent_and_taken_back():
    printed = []
    async with trading() as here:
        source = PROGRAMS[1].replace("http://127.0.0.1:8080", f"http://127.0.0.1:{here.port}")
        space = {"print": lambda *words: printed.append(words[0])}
        exec(compile(source.replace("asyncio.run(main())", ""), "README", "exec"), space)
        running = asyncio.create_task(space["main"]())
        await until(lambda: printed[:1] == ["submitted"])
        here.traders.accept("local", "first-1")
        await running

    assert len(PROGRAMS) == 2
    assert (printed[0], printed[-2:]) == ("submitted", ["accepted", "canceled"])


def test_every_method_and_error_is_named():
    methods = [name for kind in (Client, Rest, Trading) for name in vars(kind) if not name.startswith(("_", "kept_"))]
    raised = [name for name in whisperer_client.__all__ if hasattr(errors, name)]
    not_told = {"url", "close", "connections", "hello", "ApiError", "NotConnectedError", "ProtocolError"}

    assert [name for name in (*methods, *raised) if name not in not_told and not re.search(rf"\b{name}\b", TEXT)] == []


def test_the_codes_of_its_errors_are_stable():
    own = {getattr(errors, name).code for name in whisperer_client.__all__ if hasattr(errors, name)}

    assert own == {"client", "not_connected", "closed", "protocol", "gap", "rewound", "not_found"}
