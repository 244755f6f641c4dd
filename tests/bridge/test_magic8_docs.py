"""What docs/magic8.md tells people to write and to ask exists."""

import re
from importlib import import_module
from pathlib import Path

import pytest
from prometheus_client import REGISTRY

from actors.bridge.dialects.magic8.answers import Magic8Route
from actors.bridge.rest.route import routes
from actors.screening.forms import read_line
from config.load import load_config

TEXT = (Path(__file__).parents[2] / "docs" / "magic8.md").read_text(encoding="utf-8")


def blocks(language):
    return re.findall(rf"```{language}\n(.*?)```", TEXT, re.DOTALL)


def test_its_settings_load_together(tmp_path, monkeypatch):
    for variable in ("PREDICTOR_TOKEN", "PREDICTOR_TOKEN_NEXT", "DESK_TOKEN"):
        monkeypatch.setenv(variable, "x" * 32)
    path = tmp_path / "node.toml"
    path.write_text('[auth]\nmode = "local"\n' + "\n".join(blocks("toml")))

    config = load_config(path, environ={})

    assert config.dialects.magic8
    assert config.screening.thresholds["SPX"]["Iron Condor"] == 0.75
    assert config.screening.source.fields["premium"] == "price.mid"
    assert config.services["predictor"].token_envs == ("PREDICTOR_TOKEN", "PREDICTOR_TOKEN_NEXT")


@pytest.mark.parametrize("line", blocks("text")[0].splitlines())
def test_its_lines_are_orders(line):
    assert read_line(line).strikes


def test_every_path_and_metric_is_told():
    for name in ("outcomes", "polling", "record"):
        import_module(f"actors.screening.{name}")
    paths = {name.partition(" ")[2] for name in routes if issubclass(routes.get(name), Magic8Route)} | {
        "/api/v1/screened-orders"
    }
    metrics = set(re.findall(r"`(whisperer_[a-z_]+)", TEXT))
    kept = {sample.name for family in REGISTRY.collect() for sample in family.samples} | {
        family.name + end for family in REGISTRY.collect() for end in ("", "_total")
    }

    assert {path for path in paths if path not in TEXT} == set()
    assert metrics - kept == set()
    assert len(metrics) == 10
