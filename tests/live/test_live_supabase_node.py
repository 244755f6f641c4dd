"""A node of its own process whose users a Supabase project keeps: through kill -9 while the project is away."""

from decimal import Decimal

import pytest

from tests.live.people import SWAP, TEAM, Person
from tests.node_process import NodeProcess
from tests.supabase_double import PUBLISHABLE_KEY
from tests.supabase_project import Project

pytestmark = pytest.mark.slow
PASSWORD = "correct horse battery staple"
ANNA, BOB, EVE = "anna@example.org", "bob@example.org", "eve@example.org"


def signed_in(node, email):
    person = Person(node, email)
    status, told = person.sign_in(PASSWORD)
    assert status == 200, told
    return person


def test_two_trade_and_come_back_after_kill_9_while_the_project_is_away(tmp_path, monkeypatch):
    monkeypatch.setenv("SUPABASE_PUBLISHABLE_KEY", PUBLISHABLE_KEY)
    with Project() as project:
        project.double.add_user(ANNA, PASSWORD, roles=["trader"])
        project.double.add_user(BOB, PASSWORD, roles=["trader", "admin"])
        project.double.add_user(EVE, PASSWORD, roles=["viewer"])
        settings = (
            "buffer.window=100",
            "signals=[]",
            "auth.mode=supabase",
            "auth.sign_up=true",
            f"auth.supabase.url={project.double.url}",
        )
        with NodeProcess(tmp_path, *settings, config=TEAM) as node:
            node.ready()
            anna, bob = signed_in(node, ANNA), signed_in(node, BOB)
            anna.order("a1", quantity="0.02")
            bob.order("b1", quantity="0.03")
            node.until(lambda: anna.positions().get(SWAP) == ("long", Decimal("0.02")))
            node.until(lambda: bob.positions().get(SWAP) == ("long", Decimal("0.03")))
            assert anna("GET", "/api/v1/orders/b1")[0] == 404
            eve_token = project.double.sign_in(next(iter(reversed(project.double.users))))["access_token"]

            project.go_away()
            node.kill()
            node.start()
            node.ready()
            assert anna.positions() == {SWAP: ("long", Decimal("0.02"))}
            assert bob.positions() == {SWAP: ("long", Decimal("0.03"))}
            anna.order("a2", quantity="0.01")
            node.until(lambda: anna.positions().get(SWAP) == ("long", Decimal("0.03")))
            new = {"email": "new@example.org", "password": PASSWORD}
            for path in ("/auth/v1/signup", "/api/auth/register"):
                assert Person(node, "")("POST", path, new)[0] == 503
            eve = Person(node, EVE)
            eve.token = eve_token
            status, told = eve("GET", "/api/v1/session")
            assert (status, told["code"]) == (503, "jwks_unavailable")

            project.come_back()
            assert eve("GET", "/api/v1/session")[1]["roles"] == ["viewer"]
            assert anna.refresh()[0] == 200
            assert [one["email"] for one in bob("GET", "/api/v1/users")[1]["items"]] == [ANNA, BOB, EVE]
            assert node.stop()[0] == 0
            assert PASSWORD not in node.text()
            assert anna.token not in node.text()
