"""What docs/ai_sources.md tells people to write exists."""

import re
import tomllib
from pathlib import Path

import msgspec
from prometheus_client import REGISTRY

from actors.signal.outside import client, predictor, service, spend  # noqa: F401  # their metrics
from actors.signal.predictors.http import HttpParams
from actors.signal.predictors.llm import LlmParams
from config.ai import AiService
from config.schema import NodeConfig

TEXT = (Path(__file__).parents[2] / "docs" / "ai_sources.md").read_text()


def test_the_example_is_a_configuration():
    (block,) = re.findall(r"```toml\n(.*?)```", TEXT, re.DOTALL)
    config = msgspec.convert(tomllib.loads(block), NodeConfig)

    assert config.ai["llm"].budget_per_day == "2"
    assert msgspec.convert(config.signals[0].predictors[1].params, LlmParams).model == "small-1"


def test_every_parameter_is_told_with_its_default():
    told = {"service", "model", "bars", "max_tokens", "max_tokens_key", "temperature", "candles", "shape"}

    assert told == {*LlmParams.__struct_fields__, *HttpParams.__struct_fields__}
    assert [name for name in told if f"`{name}" not in TEXT] == []
    assert f"`bars` ({LlmParams().bars})" in TEXT
    assert f"`candles` ({HttpParams().candles})" in TEXT
    assert f"`at_once` ({AiService(url='http://localhost').at_once})" in TEXT


def test_the_metrics_are_all_there_are():
    known = {one.name for one in REGISTRY.collect() if one.name.startswith("whisperer_ai_")}

    assert {name.removesuffix("_total") for name in re.findall(r"`(whisperer_ai_\w+)`", TEXT)} == known
