"""People on a real process: from nothing to two who trade, through kill -9, and from one without users."""

from decimal import Decimal

import pytest

from tests.live.people import PASSWORD, SWAP, TEAM, Person, command, first_admin, first_password
from tests.node_process import NodeProcess

pytestmark = pytest.mark.slow
SETTINGS = ("buffer.window=100", "signals=[]")


def until_filled(node, person, quantity):
    node.until(lambda: person.positions().get(SWAP) == ("long", Decimal(quantity)))


def mark_of(node, person):
    status, found = person("GET", f"/api/v1/trades?instrument_id={SWAP}&limit=1")
    assert status == 200, found
    return float(found["items"][0]["price"])


def test_from_nothing_to_two_who_trade_and_back_after_kill_9(tmp_path):
    with NodeProcess(tmp_path, *SETTINGS, config=TEAM) as node:
        node.ready()
        admin = Person(node, "admin@localhost")
        assert admin.sign_in(first_password(node))[0] == 200
        status, refusal = admin("GET", "/api/v1/orders")
        assert (status, refusal["detail"]) == (403, "the password must be changed first")
        admin.change_password()

        code, out, err = command(tmp_path, "add", "bob@desk.test", "--password-stdin", stdin="the first word of bob\n")
        assert (code, err) == (0, ""), out
        bob = Person(node, "bob@desk.test")
        assert bob.sign_in("the first word of bob")[0] == 200
        bob.change_password()

        admin.order("a1", quantity="0.02")
        bob.order("b1", quantity="0.03")
        until_filled(node, admin, "0.02")
        until_filled(node, bob, "0.03")
        bob.order("resting", price=f"{mark_of(node, bob) * 0.9:.1f}")
        assert admin("GET", "/api/v1/orders/resting")[0] == 404
        node.kill()

        node.start()
        node.ready()
        assert not [line for line in node.lines if "first_admin" in line]
        assert (admin.positions(), bob.positions()) == (
            {SWAP: ("long", Decimal("0.02"))},
            {SWAP: ("long", Decimal("0.03"))},
        )
        assert admin.refresh()[0] == bob.refresh()[0] == 200
        node.until(lambda: bob("GET", "/api/v1/orders/resting")[1]["status"] == "accepted")
        assert admin("GET", "/api/v1/orders/resting")[0] == 404
        assert [one["email"] for one in admin("GET", "/api/v1/users")[1]["items"]] == [
            "admin@localhost",
            "bob@desk.test",
        ]
        assert len(bob("GET", "/api/v1/sessions")[1]["items"]) == 1
        bob.order("b2")
        until_filled(node, bob, "0.04")
        assert node.stop()[0] == 0


def test_the_books_of_a_node_without_users_are_the_first_admins(tmp_path):
    with NodeProcess(tmp_path, *SETTINGS) as node:
        node.ready()
        alone = Person(node, "")
        alone.order("before", quantity="0.05")
        until_filled(node, alone, "0.05")
        cash = alone("GET", "/api/v1/trader")[1]["account"]["cash"]
        assert alone("GET", "/api/v1/users")[0] == 404
        node.stop()

    with NodeProcess(tmp_path, *SETTINGS, config=TEAM) as node:
        node.ready()
        admin = first_admin(node)
        assert admin.positions() == {SWAP: ("long", Decimal("0.05"))}
        assert admin("GET", "/api/v1/trader")[1]["account"]["cash"] == cash
        assert admin("GET", "/api/v1/orders/before")[1]["status"] == "filled"
        assert len(admin("GET", "/api/v1/traders")[1]["items"]) == 1
        admin.order("close", side="sell", quantity="0.05")
        node.until(lambda: admin.positions() == {})
        node.stop()


def test_a_disabled_user_is_out_at_once_and_the_orders_with_them(tmp_path):
    with NodeProcess(tmp_path, *SETTINGS, config=TEAM) as node:
        node.ready()
        admin = first_admin(node)
        code, _, err = command(tmp_path, "add", "bob@desk.test", "--keep", "--password-stdin", stdin=f"{PASSWORD}\n")
        assert code == 0, err
        bob = Person(node, "bob@desk.test")
        assert bob.sign_in()[0] == 200
        bob.order("b1")
        until_filled(node, bob, "0.01")
        bob.order("resting", price=f"{mark_of(node, bob) * 0.9:.1f}")

        assert command(tmp_path, "disable", "bob@desk.test")[0] == 0

        assert bob("GET", "/api/v1/orders")[0] == 401
        assert bob.sign_in()[0] in {400, 401, 403}
        traders = admin("GET", "/api/v1/traders")[1]["items"]
        (his,) = [one for one in traders if one["user_id"] != admin("GET", "/api/v1/session")[1]["user"]["user_id"]]
        assert his["trading_state"] == "halted"

        assert command(tmp_path, "enable", "bob@desk.test")[0] == 0
        assert bob.sign_in()[0] == 200
        assert bob("GET", "/api/v1/orders/resting")[1]["status"] == "canceled"
        assert bob.positions() == {SWAP: ("long", Decimal("0.01"))}
        assert (
            bob(
                "POST",
                "/api/v1/orders",
                {"client_order_id": "b2", "instrument_id": SWAP, "side": "buy", "type": "market", "quantity": "0.01"},
            )[0]
            == 409
        )
        node.stop()
