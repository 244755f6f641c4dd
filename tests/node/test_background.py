"""What a node gives predictors beside the bars: AI services with their keys and what they have cost."""

import asyncio
from decimal import Decimal

import pytest
from aiohttp import web

from actors.signal.outside.opinion import Opinion, Usage
from actors.signal.outside.service import Question
from config.ai import AiService
from config.errors import ConfigError
from node.background import NodeBackground
from node.tasks import Tasks
from tests.ai_double import AiDouble

KEY = "WHISPERER_TEST_AI_KEY"


def background(path, *, changes=None, spawn=lambda _: None, **services):
    return NodeBackground(services, path, spawn=spawn, on_change=(changes or []).append)


def question(ts_event=1):
    def read(_):
        return Opinion(score=0.5, confidence=0.5, usage=Usage(1_000, 100))

    return Question(stream="s", ts_event=ts_event, path="/x", body=lambda: b"{}", read=read, most_tokens=100)


async def test_a_service_is_asked_with_its_key_and_what_it_costs_is_kept_over_a_restart(tmp_path, monkeypatch):
    monkeypatch.setenv(KEY, "sk-test")
    async with AiDouble() as double:
        tasks, begun = Tasks(), []

        def spawn(work):
            begun.append(tasks.spawn(work))
            return begun[-1]

        double.answer = lambda _: web.json_response({})
        config = AiService(url=double.url, key_env=KEY, input_price="3", output_price="15", budget_per_day="0.004")
        first = background(tmp_path, spawn=spawn, llm=config)
        service = first.service("llm")
        service.open("s")
        service.want(question())
        async with asyncio.timeout(30):
            await asyncio.gather(*begun)
        assert service.known("s", 1) is not None
        await first.close()

        again = background(tmp_path, llm=config)
        assert double.asked[0][1]["Authorization"] == "Bearer sk-test"
        assert again.service("llm").spend.today.money == Decimal("0.0045")
        assert again.service("llm").spend.refusal() == "budget of 0.004 USD a day is spent"
        assert again.service("other") is None
        await again.close()


@pytest.mark.parametrize("kept", [b"", b"{", b"[]", b'{"llm": {"money": "NaN"}}', b"\xff"])
async def test_a_file_of_costs_that_cannot_be_read_is_begun_anew(tmp_path, kept):
    (tmp_path / "ai_spend.json").write_bytes(kept)
    made = background(tmp_path, llm=AiService(url="http://127.0.0.1:1"))

    assert made.service("llm").spend.today.tokens == 0
    assert made.degraded() == []


@pytest.mark.parametrize("key", ["", "two words", "line\nbreak", "schlüssel"])
def test_a_key_that_cannot_be_sent_is_told_without_showing_it(tmp_path, monkeypatch, key):
    monkeypatch.setenv(KEY, key)

    with pytest.raises(ConfigError) as told:
        background(tmp_path, llm=AiService(url="http://127.0.0.1:1", key_env=KEY))

    assert str(told.value) == f"ai.llm.key_env: expected printable ASCII without spaces in {KEY}"
