"""What `config show` prints is read back to the same; `config schema` names every key."""

from pathlib import Path

import msgspec
import pytest

from config import recorded, schema
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

    for name, struct in (vars(schema) | vars(recorded)).items():
        if isinstance(struct, type) and issubclass(struct, schema.Config) and struct is not schema.Config:
            for field in msgspec.structs.fields(struct):
                assert (
                    f"{field.name} = <" in text
                    or f"{field.name}." in text
                    or f"{field.name}[" in text
                    or (f"[{field.name}]" in text or f".{field.name}]" in text)
                ), f"{name}.{field.name} is not described"


def test_keys_that_a_struct_inherits_are_told_with_their_meaning():
    text = schema_text()
    section = text[text.index("[replay.instruments.NAME]") :]

    assert "interval = " in section
    assert "Interval of recorded bars." in section[: section.index("[replay.instruments.NAME.columns]")]
    assert all(line == "" or line[0] in "#[" or " = " in line for line in text.splitlines())


def test_an_instrument_of_several_files_is_shown_as_itself(tmp_path):
    files = tuple(recorded.ReplayFile(file=f"{kind}.csv", data=kind, unit="ns") for kind in ("trades", "book"))
    one = recorded.ReplayInstrument(
        files=files, base="BTC", price_precision=1, size_precision=3, maker_fee="0", taker_fee="0"
    )
    section = recorded.ReplaySection(instruments={"BTC-USDT.REPLAY": one})
    config = schema.NodeConfig(market="replay", replay=section)
    again = tmp_path / "again.toml"
    again.write_text(settings_text(config))

    assert load_config(again, environ={}) == config
