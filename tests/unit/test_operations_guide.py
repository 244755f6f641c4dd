"""What docs/operations.md tells people to write and to run exists."""

import re
import tomllib
from pathlib import Path

import msgspec
import pytest

import run_node
from config.faults import FaultsSection
from config.schema import NodeConfig

TEXT = (Path(__file__).parents[2] / "docs" / "operations.md").read_text()
COMMANDS = re.findall(r"run_node\.py ([a-z][^#|\n`]*)", "\n".join(re.findall(r"```sh\n(.*?)```", TEXT, re.DOTALL)))


def test_the_faults_are_a_configuration_and_all_there_are():
    (block,) = re.findall(r"```toml\n(.*?)```", TEXT, re.DOTALL)
    config = msgspec.convert(tomllib.loads(block), NodeConfig)

    for name in FaultsSection.__struct_fields__:
        assert name == "seed" or getattr(config.sim.faults, name) != getattr(FaultsSection(), name)
        assert name == "seed" or f"| `{name}` |" in TEXT


@pytest.mark.parametrize("command", COMMANDS)
def test_every_command_is_understood(command):
    options = run_node._parser().parse_args(command.split())

    assert callable(options.run)
