"""`run_node.py user` while no node runs: straight on the journal."""

import json
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

import run_node
from actors.ports.journal import AuditSpan
from actors.store.opening import open_reader
from actors.store.reader import audit_page
from tests.journal_rows import query

ROOT = Path(__file__).parents[2]


class Desk:
    """Somebody at the computer, with a state folder of their own."""

    def __init__(self, folder, *settings):
        self.folder = folder
        self._settings = [f"node.state_dir={folder}", *settings]

    def __call__(self, *arguments, stdin=""):
        """Return (exit code, stdout, stderr) of one command."""
        settings = [text for setting in self._settings for text in ("--set", setting)]
        command = [sys.executable, "run_node.py", "user", *arguments, *settings]
        done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, input=stdin, check=False)
        return done.returncode, done.stdout, done.stderr

    def users(self):
        code, out, _ = self("list", "--json")
        assert code == 0
        return {one["email"]: one for one in map(json.loads, out.splitlines())}


@pytest.fixture
def desk(tmp_path):
    return Desk(tmp_path / "var")


@pytest.mark.slow
def test_a_user_from_made_to_removed(desk):
    code, out, err = desk("add", "Ada@Desk.test", "--role", "viewer,trader")
    assert code == 0, err
    assert out.startswith("ada@desk.test ")
    assert "shown once" in out
    assert json.loads(err)["event"] == "first_admin"  # this was the first start

    assert desk("role", "ada@desk.test", "admin")[0] == 0
    assert desk("disable", "ada@desk.test")[0] == 0
    ada = desk.users()["ada@desk.test"]
    assert (ada["roles"], ada["is_disabled"], ada["must_change"]) == (["admin"], True, True)

    assert desk("enable", ada["user_id"])[0] == 0
    code, out, _ = desk("passwd", "ada@desk.test", "--password-stdin", stdin="a long enough passphrase\n")
    assert (code, "password:" in out) == (0, False)
    assert desk("remove", "ada@desk.test")[0] == 0
    assert list(desk.users()) == ["admin@localhost"]

    connection = open_reader(desk.folder / "journal.db")
    (node_id,) = query(desk.folder / "journal.db", "SELECT DISTINCT node_id FROM audit")[0]
    rows = audit_page(connection, node_id, AuditSpan(user_id="console")).rows
    connection.close()
    expected = ["user.remove", "user.password", "user.enable", "user.disable", "user.roles", "user.add"]
    assert [row.action for row in rows] == expected
    assert "passphrase" not in str(rows)


@pytest.mark.slow
@pytest.mark.parametrize(
    ("arguments", "stdin", "expected"),
    [
        (["remove", "nobody@x.org"], "", "no user 'nobody@x.org'"),
        (["add", "no-email"], "", "email"),
        (["add", "admin@localhost"], "", "there is a user with this email already"),
        (["add", "b@x.org", "--password-stdin"], "short\n", "password"),
        (["add", "b@x.org", "--password-stdin"], "", "--password-stdin: expected a password, found nothing"),
        (["disable", "admin@localhost"], "", "this is the last admin"),
    ],
)
def test_what_cannot_be_done_is_one_line_and_exit_code_2(desk, arguments, stdin, expected):
    code, out, err = desk(*arguments, stdin=stdin)

    *_, line = err.splitlines()
    assert (code, out) == (2, "")
    assert line.startswith("whisperer: ")
    assert expected in line


@pytest.mark.slow
def test_several_commands_at_once_wait_for_each_other(desk):
    assert desk("list")[0] == 0  # the first admin
    names = [f"user{number}@desk.test" for number in range(3)]
    with ThreadPoolExecutor() as pool:
        outcomes = list(pool.map(lambda name: desk("add", name, "--role", "viewer"), names))
    assert [(code, err) for code, _, err in outcomes] == [(0, "")] * 3
    assert set(desk.users()) == {"admin@localhost", *names}


@pytest.mark.slow
def test_a_user_without_a_free_slot_is_not_made(tmp_path):
    desk = Desk(tmp_path, "paper.slots=2")
    assert desk("add", "ada@desk.test")[0] == 0

    code, _, err = desk("add", "bob@desk.test")

    assert code == 2
    assert "all 2 accounts of this node are taken" in err
    assert set(desk.users()) == {"admin@localhost", "ada@desk.test"}
    assert desk("add", "vera@desk.test", "--role", "viewer")[0] == 0


def test_a_node_without_users_has_none_to_change(capsys):
    paper = ROOT / "config" / "paper.toml"
    assert run_node.main(["user", "list", "--config", str(paper)]) == 2
    assert "auth.mode is off" in capsys.readouterr().err


@pytest.mark.parametrize("roles", ["king", "", "trader,king"])
def test_a_role_that_is_none_is_refused(roles, capsys):
    with pytest.raises(SystemExit):
        run_node.main(["user", "role", "ada@desk.test", roles])
    assert "expected some of viewer,trader,admin" in capsys.readouterr().err


@pytest.mark.slow
def test_the_command_loads_no_engine():
    heavy = ["nautilus_trader", "aiohttp", "pandas", "pyarrow", "supabase", "uvloop"]
    code = f"import sys, node.users_command; print([one for one in {heavy} if one in sys.modules])"
    done = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=True)
    assert done.stdout == "[]\n"


@pytest.mark.slow
def test_a_node_without_users_loads_none_of_their_libraries():
    heavy = ["jwt", "argon2", "cryptography", "pyotp", "supabase", "httpx"]
    code = f"import sys, node.live; print([one for one in {heavy} if one in sys.modules])"
    done = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=True)
    assert done.stdout.splitlines()[-1] == "[]"
