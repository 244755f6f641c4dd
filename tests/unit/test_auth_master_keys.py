"""Master keys: where they come from, and what is refused rather than used."""

import base64
import os
import stat
import sys

import pytest

from actors.auth.master_keys import MasterKeys, load_master_keys
from config.auth import AuthSection
from config.errors import ConfigError
from tests.auth_keys import key_text

SECTION = AuthSection(master_keys_env="WHISPERER_TEST_MASTER_KEYS")


@pytest.fixture(autouse=True)
def no_variable(monkeypatch):
    monkeypatch.delenv(SECTION.master_keys_env, raising=False)


def printing(text, code=0):
    return (sys.executable, "-c", f"import sys; sys.stdout.write({text!r}); sys.exit({code})")


def key_file(folder, text, mode=0o600):
    path = folder / "master.key"
    path.write_text(text)
    path.chmod(mode)
    return path


def test_a_first_start_makes_a_file_for_its_owner_alone_and_the_next_finds_it(tmp_path):
    before = os.umask(0)
    try:
        made = load_master_keys(SECTION, tmp_path)
    finally:
        os.umask(before)

    assert stat.S_IMODE((tmp_path / "master.key").stat().st_mode) == 0o600
    assert list(load_master_keys(SECTION, tmp_path)) == list(made)
    assert len(made.current) == 32


def test_two_nodes_do_not_make_the_same_key(tmp_path):
    (tmp_path / "a").mkdir()
    (tmp_path / "b").mkdir()

    assert load_master_keys(SECTION, tmp_path / "a").current != load_master_keys(SECTION, tmp_path / "b").current


def test_a_missing_file_is_not_made_anew_where_something_is_sealed(tmp_path):
    with pytest.raises(ConfigError, match="bring it back"):
        load_master_keys(SECTION, tmp_path, may_make=False)

    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("mode", [0o640, 0o604, 0o620, 0o644, 0o666, 0o601])
def test_a_file_that_others_may_read_or_change_is_refused(tmp_path, mode):
    key_file(tmp_path, key_text(), mode)

    with pytest.raises(ConfigError, match="chmod 600"):
        load_master_keys(SECTION, tmp_path)


def test_a_symbolic_link_is_refused_and_what_it_points_at_left_alone(tmp_path):
    real = key_file(tmp_path, key_text())
    moved = real.rename(tmp_path / "elsewhere")
    real.symlink_to(moved)

    with pytest.raises(ConfigError, match="symbolic link"):
        load_master_keys(SECTION, tmp_path)


def test_a_dangling_link_makes_no_file_at_its_end(tmp_path):
    (tmp_path / "master.key").symlink_to(tmp_path / "target")

    with pytest.raises(ConfigError, match="symbolic link"):
        load_master_keys(SECTION, tmp_path)

    assert not (tmp_path / "target").exists()


def test_a_pipe_in_its_place_does_not_hold_the_start(tmp_path):
    os.mkfifo(tmp_path / "master.key", 0o600)

    with pytest.raises(ConfigError, match="expected a file"):
        load_master_keys(SECTION, tmp_path)


def test_a_folder_in_its_place_and_a_missing_folder_are_told(tmp_path):
    (tmp_path / "master.key").mkdir(0o700)

    with pytest.raises(ConfigError, match=r"master\.key"):
        load_master_keys(SECTION, tmp_path)
    with pytest.raises(ConfigError, match=r"absent.master\.key"):
        load_master_keys(SECTION, tmp_path / "absent")


@pytest.mark.skipif(os.geteuid() != 0, reason="only root can give a file away")
def test_a_file_of_another_user_is_refused(tmp_path):
    os.chown(key_file(tmp_path, key_text()), 65_534, 65_534)

    with pytest.raises(ConfigError, match="own user"):
        load_master_keys(SECTION, tmp_path)


@pytest.mark.parametrize(
    "text",
    [
        "",
        " , ,",
        "password",
        "not base64 at all!",
        base64.b64encode(os.urandom(31)).decode(),
        base64.b64encode(os.urandom(33)).decode(),
        base64.b64encode(bytes(32)).decode(),
        base64.b64encode(b"changemechangemechangemechangeme").decode(),
        "ключ" * 11,
        "A" * 5_000,
    ],
)
def test_what_is_no_random_key_is_refused_and_not_shown(tmp_path, text):
    path = key_file(tmp_path, text)

    with pytest.raises(ConfigError) as refused:
        load_master_keys(SECTION, tmp_path)

    assert str(path) in str(refused.value)
    assert len(text) < 8 or text not in str(refused.value)


def test_one_bad_key_among_good_ones_is_refused_by_its_number(tmp_path):
    key_file(tmp_path, f"{key_text()},{key_text(bytes(32))}")

    with pytest.raises(ConfigError, match="master key 2"):
        load_master_keys(SECTION, tmp_path)


@pytest.mark.parametrize("separator", [",", ", ", "\n", ",\n"])
def test_the_newest_key_comes_first_in_either_alphabet(tmp_path, separator):
    old, new = os.urandom(32), b"\xff\xfe\xfb" + os.urandom(29)
    texts = (base64.urlsafe_b64encode(new).decode().rstrip("="), base64.b64encode(old).decode())
    key_file(tmp_path, separator.join(texts) + "\n")

    keys = load_master_keys(SECTION, tmp_path)

    assert keys.current == new
    assert [keys.get(master_id) for master_id in keys] == [new, old]
    assert keys.get("unheard of") is None


def test_the_variable_goes_before_the_file_and_an_empty_one_is_no_way_to_a_new_key(tmp_path, monkeypatch):
    key = os.urandom(32)
    monkeypatch.setenv(SECTION.master_keys_env, key_text(key))
    assert load_master_keys(SECTION, tmp_path).current == key

    monkeypatch.setenv(SECTION.master_keys_env, "")
    with pytest.raises(ConfigError, match=SECTION.master_keys_env):
        load_master_keys(SECTION, tmp_path)

    assert list(tmp_path.iterdir()) == []


def test_a_program_goes_before_the_variable(tmp_path, monkeypatch):
    key = os.urandom(32)
    monkeypatch.setenv(SECTION.master_keys_env, key_text())
    section = AuthSection(master_keys_env=SECTION.master_keys_env, master_key_command=printing(key_text(key) + "\n"))

    assert load_master_keys(section, tmp_path).current == key


@pytest.mark.parametrize(
    ("command", "reason"),
    [
        (("/absent/program",), "No such file"),
        (printing(key_text(), 3), "exit code 3"),
        (printing(""), "was none"),
        (printing("A" * 5_000), "expected base64"),
    ],
)
def test_a_program_that_fails_stops_the_start_without_showing_what_it_printed(tmp_path, command, reason):
    with pytest.raises(ConfigError, match=reason) as refused:
        load_master_keys(AuthSection(master_key_command=command), tmp_path)

    assert "sys.stdout" not in str(refused.value)
    assert list(tmp_path.iterdir()) == []


def test_a_file_elsewhere_can_be_named(tmp_path):
    section = AuthSection(master_key_file=str(tmp_path / "node.key"), master_keys_env=SECTION.master_keys_env)

    load_master_keys(section, tmp_path / "state")

    assert (tmp_path / "node.key").exists()


def test_no_key_shows_in_a_repr():
    key = os.urandom(32)
    shown = repr(MasterKeys([key]))

    assert key_text(key) not in shown
    assert key.hex() not in shown


def test_no_master_key_is_none():
    with pytest.raises(ConfigError, match="at least one"):
        MasterKeys([])
