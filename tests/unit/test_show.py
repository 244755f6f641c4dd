"""What `config show` prints is read back to the same; `config schema` names every key."""

from pathlib import Path

import msgspec
import pytest

from config import schema
from config.load import load_config
from config.show import schema_text, settings_text

FILES = sorted((Path(__file__).parents[2] / "config").glob("*.toml"))


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.name)
def test_every_example_loads_and_shows_as_itself(path, tmp_path):
    config = load_config(path, environ={})
    again = tmp_path / "again.toml"
    again.write_text(settings_text(config))

    assert load_config(again, environ={}) == config


def test_the_schema_names_every_key_of_every_section():
    text = schema_text()

    for name, struct in vars(schema).items():
        if isinstance(struct, type) and issubclass(struct, schema.Config) and struct is not schema.Config:
            for field in msgspec.structs.fields(struct):
                assert (
                    f"{field.name} = <" in text
                    or f"{field.name}." in text
                    or f"{field.name}[" in text
                    or (f"[{field.name}]" in text or f".{field.name}]" in text)
                ), f"{name}.{field.name} is not described"
