"""A wrong key, type or file: one line that names file, key and what was expected."""

import pytest

from config.errors import ConfigError
from config.load import load_config


@pytest.fixture
def write(tmp_path):
    def write(text):
        path = tmp_path / "node.toml"
        path.write_text(text)
        return path

    return write


def test_defaults_alone_are_a_configuration():
    assert load_config(None, environ={}).server.port == 8080


def test_file_is_overridden_by_environment_and_that_by_set(write):
    path = write("[server]\nport = 1\nhost = '127.0.0.2'\n")
    environ = {"WHISPERER__SERVER__PORT": "2", "WHISPERER__SIM__SPEED": "7.5"}

    config = load_config(path, overrides=["server.port=3"], environ=environ)

    assert (config.server.port, config.server.host, config.sim.speed) == (3, "127.0.0.2", 7.5)


def test_a_text_field_takes_digits_as_text(write):
    path = write(
        "[sim.instruments.BTC-USDT]\nbase='BTC'\nprice='1'\nprice_precision=2\n"
        "size_precision=5\nmin_quantity='1'\nmax_quantity='2'\n"
    )

    config = load_config(path, overrides=["sim.instruments.btc-usdt.price=50000"], environ={})

    assert config.sim.instruments["BTC-USDT"].price == "50000"


def test_an_item_of_a_list_can_be_set(write):
    config = load_config(write("[[signals]]\ninterval='1m'\n"), overrides=["signals.0.interval=5m"], environ={})

    assert config.signals[0].interval == "5m"


INSTRUMENT = "[replay.instruments.'BTC-USDT.REPLAY']\nfile='a.csv'\nbase='BTC'\nprice_precision=2\nsize_precision=3\n"
INSTRUMENT += "maker_fee='0'\ntaker_fee='0'\n"


@pytest.mark.parametrize("quote", ['"', "'"])
def test_a_key_with_a_dot_stands_in_quotes(write, quote):
    setting = f"replay.instruments.{quote}BTC-USDT.REPLAY{quote}.file=b=c.csv"

    config = load_config(write(INSTRUMENT), overrides=[setting], environ={})

    assert {name: item.file for name, item in config.replay.instruments.items()} == {"BTC-USDT.REPLAY": "b=c.csv"}


def test_a_wrong_value_of_an_instrument_names_who_set_it(write):
    key = 'replay.instruments."BTC-USDT.REPLAY".price_precision'
    path = write(INSTRUMENT)
    with pytest.raises(ConfigError) as caught:
        load_config(path, overrides=[f"{key}=many"], environ={})
    assert str(caught.value).startswith(f"--set {key}: {key}: Expected `int`")

    path = write(INSTRUMENT.replace("price_precision=2", "price_precision='many'") + "[sim]\nseed=1\n")
    other = key.replace("BTC", "ETH")
    with pytest.raises(ConfigError) as caught:
        load_config(path, overrides=[f"{other}=2"], environ={})
    assert str(caught.value).startswith(f"{path}: {key}: ")


def test_of_several_instruments_the_wrong_one_is_named(write):
    other = INSTRUMENT.replace("BTC", "ETH")
    for wrong, expected in (
        (other.replace("'ETH'", "'eth'"), 'replay.instruments."ETH-USDT.REPLAY".base: Expected `str` matching'),
        (
            other + "maker_feee = 1\n",
            'unknown key `replay.instruments."ETH-USDT.REPLAY".maker_feee`, did you mean `maker_fee`?',
        ),
        (
            other.replace("base='ETH'\n", ""),
            'replay.instruments."ETH-USDT.REPLAY": Object missing required field `base`',
        ),
        (INSTRUMENT.replace("BTC-USDT.REPLAY", "BTC USDT"), "replay.instruments"),
    ):
        path = write(INSTRUMENT + wrong)
        with pytest.raises(ConfigError) as caught:
            load_config(path, environ={})
        assert expected in str(caught.value)


def test_a_currency_may_have_one_letter(write):
    config = load_config(write(INSTRUMENT.replace("'BTC'", "'T'")), environ={})

    assert config.replay.instruments["BTC-USDT.REPLAY"].base == "T"
    for wrong in ("", "t", "ABCDEFGHIJK", "T-T", "T\\n"):
        with pytest.raises(ConfigError, match="base"):
            load_config(write(INSTRUMENT.replace("'BTC'", f'"{wrong}"')), environ={})


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("[server]\nprot = 1\n", "unknown key `server.prot`, did you mean `port`?"),
        ("[servers]\nport = 1\n", "unknown key `servers`, did you mean `server`?"),
        ("[server]\nport = 'x'\n", "server.port: Expected `int | null`, got `str`"),
        ("[server]\nport = 70000\n", "server.port: Expected `int` <= 65535"),
        ("[server]\nhost = '0.0.0.0'\n", "server.host: expected a loopback address"),
        ("market = 'replay'\n", "replay.instruments: expected at least one"),
        ("[[signals]]\nlong_above = 0.3\n", "signals[0].short_below: expected at most long_above (0.3)"),
        ("[[signals]]\ninterval = '7m'\n", "signals[0].interval: Invalid enum value '7m'"),
        ("[sim]\nspeed = nan\n", "sim.speed: "),
        ("[sim\n", "is not TOML"),
    ],
)
def test_a_mistake_is_named_with_its_file_and_key(write, text, expected):
    path = write(text)

    with pytest.raises(ConfigError) as caught:
        load_config(path, environ={})

    message = str(caught.value)
    assert message.startswith(f"{path}: ")
    assert expected.replace("Expected `int | null`", "Expected `int`") in message
    assert "\n" not in message.removesuffix("\n")


def test_a_missing_file_is_named(tmp_path):
    with pytest.raises(ConfigError, match=r"nothing\.toml: expected a configuration file"):
        load_config(tmp_path / "nothing.toml", environ={})


@pytest.mark.parametrize(
    ("environ", "overrides", "expected"),
    [
        ({"WHISPERER__SERVER__PORT": "many"}, [], "WHISPERER__SERVER__PORT: server.port: Expected `int`"),
        ({"WHISPERER__SERVER__PROT": "1"}, [], "WHISPERER__SERVER__PROT: unknown key `server.prot`"),
        ({}, ["server.port=many"], "--set server.port: server.port: Expected `int`"),
        ({}, ["server.port.deep=1"], "--set server.port"),
        ({}, ["server.host=0.0.0.0"], "--set server.host: server.host: expected a loopback address"),
        ({}, ["server.port=a", "server.port=b"], "--set server.port: server.port: Expected `int`"),
        ({}, ['replay."open.file=1'], """--set replay."open.file=1: expected section.key=value"""),
        ({}, ["nonsense"], "--set nonsense: expected section.key=value"),
        ({}, ["signals.9.interval=1m"], "--set signals.9.interval: there is no item '9'"),
    ],
)
def test_the_source_of_a_wrong_override_is_named(environ, overrides, expected):
    with pytest.raises(ConfigError) as caught:
        load_config(None, overrides=overrides, environ=environ)

    assert str(caught.value).startswith(expected)


def test_the_address_of_a_redis_comes_from_the_variable_that_is_named(monkeypatch):
    monkeypatch.delenv("THE_REDIS", raising=False)
    with pytest.raises(ConfigError, match=r"cache\.redis_url_env: expected THE_REDIS in the environment"):
        load_config(None, overrides=["cache.redis_url_env=THE_REDIS"])
    monkeypatch.setenv("THE_REDIS", "redis://:unspoken@host")

    config = load_config(None, overrides=["cache.redis_url_env=THE_REDIS"])

    assert config.cache.redis_url_env == "THE_REDIS"
    assert "unspoken" not in repr(config)


def test_a_file_that_an_editor_began_with_a_byte_order_mark_is_read(tmp_path):
    path = tmp_path / "my.toml"
    path.write_text("\ufeff[sim]\r\nspeed = 5.0\r\n", encoding="utf-8")

    assert load_config(path, environ={}).sim.speed == 5
