"""Who uses the bot, on the bot core's paths."""

import base64
import json

import pytest

from tests.bridge.fakes import make_context
from tests.bridge.rest_client import serving
from tests.bridge.served_people import PASSWORD, peopled

ANNA = "anna@example.com"
LOGIN = "/api/auth/login"


@pytest.fixture
async def world(tmp_path):
    async with peopled(tmp_path) as world:
        world.anna = await world.add(ANNA)
        yield world


async def logged_in(world, **more):
    answered = await world.ask("POST", LOGIN, {"email": ANNA, "password": PASSWORD} | more)
    assert answered.status == 200, answered.body
    return answered.json()


def is_refused(answered, status, error):
    told = answered.json()
    assert (answered.status, told["success"], told["error"]) == (status, False, error)


def expiry(token):
    """What a browser does: plain `atob` of the second part, which knows neither `-` nor `_`."""
    payload = token.split(".")[1]
    assert not set("-_") & set(payload)
    return json.loads(base64.b64decode(payload + "=" * (-len(payload) % 4)))["exp"]


class TestLogin:
    async def test_it_gives_a_token_for_a_day_twice(self, world):
        told = await logged_in(world)

        assert told["data"] == {"token": told["token"], "user": told["user"]}
        assert (told["success"], told["error"]) == (True, None)
        assert 23 * 3_600 < expiry(told["token"]) - world.clock.now <= 24 * 3_600
        assert (await world.ask("GET", "/api/account", token=told["token"])).status == 200

    async def test_the_user_is_told_in_their_words(self, world):
        words = {"full_name": "Anna A", "settings": {"risk_level": "High", "max_positions": 3}}
        await world.people.change_profile(world.anna.user_id, words, _origin())

        user = (await logged_in(world))["user"]

        assert (user["id"], user["email"], user["full_name"]) == (world.anna.user_id, ANNA, "Anna A")
        assert (user["is_active"], user["is_admin"], user["two_factor_enabled"]) == (True, False, False)
        assert (user["settings"]["risk_level"], user["settings"]["max_positions"]) == ("High", 3)
        assert user["settings"]["trading_enabled"] is True

    async def test_words_that_are_none_of_theirs_are_passed_over(self, world):
        words = {"full_name": 5, "settings": {"risk_level": "Reckless"}}
        await world.people.change_profile(world.anna.user_id, words, _origin())

        user = (await logged_in(world))["user"]

        assert (user["full_name"], user["display_name"], user["settings"]["risk_level"]) == ("", "anna", "Medium")

    @pytest.mark.parametrize(("email", "password"), [(ANNA, "wrong"), ("nobody@example.com", PASSWORD)])
    async def test_what_is_wrong_is_not_told(self, world, email, password):
        answered = await world.ask("POST", LOGIN, {"email": email, "password": password})

        is_refused(answered, 401, "Invalid email or password")

    async def test_a_disabled_user_is_told_so(self, world):
        await world.people.set_disabled(world.anna.user_id, _origin(), is_disabled=True, actor="node")

        answered = await world.ask("POST", LOGIN, {"email": ANNA, "password": PASSWORD})

        is_refused(answered, 403, "Account is deactivated")

    async def test_a_second_factor_is_asked_for_and_no_session_stays_without(self, world):
        secret = await world.second_factor(ANNA)
        before = len(world.people.sessions(world.anna.user_id))

        without = await world.ask("POST", LOGIN, {"email": ANNA, "password": PASSWORD})
        wrong = await world.ask("POST", LOGIN, {"email": ANNA, "password": PASSWORD, "code": "000000"})
        after = len(world.people.sessions(world.anna.user_id))
        told = await logged_in(world, code=world.code(secret))

        is_refused(without, 401, "a second factor is needed, send its `code` too")
        assert (wrong.status, wrong.code) == (401, "credentials_rejected")
        assert after == before
        assert (await world.ask("GET", "/api/account", token=told["token"])).status == 200
        assert expiry(told["token"]) - world.clock.now > 23 * 3_600

    async def test_a_password_that_must_be_changed_is_changed_first(self, world):
        await world.add("new@example.com", "trader", must_change=True)
        told = (await world.ask("POST", LOGIN, {"email": "new@example.com", "password": PASSWORD})).json()
        change = {"current_password": PASSWORD, "new_password": "another horse battery"}

        before = await world.ask("GET", "/api/account", token=told["token"])
        await world.ask("POST", "/api/auth/change-password", change, token=told["token"])
        after = await world.ask("GET", "/api/account", token=told["token"])

        assert (before.status, after.status) == (403, 200)


class TestRegister:
    async def test_it_is_off(self, world):
        answered = await world.ask("POST", "/api/auth/register", {"email": "b@example.com", "password": PASSWORD})

        assert (answered.status, answered.code) == (403, "forbidden")

    async def test_where_it_is_on_a_stranger_is_in_for_a_day(self, tmp_path):
        body = {"email": "b@example.com", "password": PASSWORD, "full_name": "Bob"}
        async with peopled(tmp_path, sign_up=True) as world:
            answered = await world.ask("POST", "/api/auth/register", body)
            again = await world.ask("POST", "/api/auth/register", body)
            profile = await world.ask("GET", "/api/auth/profile", token=answered.json()["token"])
            sessions = world.people.sessions(answered.json()["user"]["id"])
            day = expiry(answered.json()["token"]) - world.clock.now

        assert (answered.status, again.status, again.code) == (201, 409, "conflict")
        assert profile.json()["data"]["full_name"] == "Bob"
        assert len(sessions) == 1
        assert day > 23 * 3_600


class TestSignedIn:
    async def test_the_token_is_verified(self, world):
        token = (await logged_in(world))["token"]

        told = (await world.ask("GET", "/api/auth/verify", token=token)).json()["data"]

        exp = expiry(token)
        assert told == {"user_id": world.anna.user_id, "email": ANNA, "is_admin": False, "exp": exp}

    @pytest.mark.parametrize("path", ["verify", "profile", "sessions"])
    async def test_without_one_nothing_is_told(self, world, path):
        for token in ("", "x.y.z"):
            answered = await world.ask("GET", f"/api/auth/{path}", token=token)
            assert (answered.status, answered.code) == (401, "unauthorized")

    async def test_sessions_are_listed_and_ended(self, world):
        tokens = [(await logged_in(world))["token"] for _ in range(4)]

        rows = (await world.ask("GET", "/api/auth/sessions", token=tokens[0])).json()["data"]["sessions"]
        other = next(row["session_id"] for row in rows if not row["is_current"])
        ended = await world.ask("DELETE", f"/api/auth/sessions/{other}", token=tokens[0])
        again = await world.ask("DELETE", f"/api/auth/sessions/{other}", token=tokens[0])
        others = await world.ask("POST", "/api/auth/sessions/revoke-all", token=tokens[0])

        assert len(rows) == 4
        assert (ended.status, again.status, others.status) == (200, 404, 200)
        left = [(await world.ask("GET", "/api/auth/verify", token=token)).status for token in tokens]
        assert left == [200, 401, 401, 401]

    async def test_the_password_is_changed_with_the_current_one(self, world):
        token = (await logged_in(world))["token"]
        change = {"current_password": "wrong", "new_password": "another horse battery"}

        wrong = await world.ask("POST", "/api/auth/change-password", change, token=token)
        right = await world.ask(
            "POST", "/api/auth/change-password", change | {"current_password": PASSWORD}, token=token
        )

        assert (wrong.status, right.status) == (401, 200)
        assert (await world.sign_in(ANNA, "another horse battery")).user.email == ANNA


async def test_a_node_without_users_has_none_of_it():
    body = {"email": ANNA, "password": PASSWORD}
    async with serving(make_context()) as client:
        for method, path in (("POST", "login"), ("POST", "register"), ("GET", "profile"), ("GET", "sessions")):
            answered = await client.ask(method, f"/api/auth/{path}", json=body)
            is_refused(answered, 404, "this node has no users")


def _origin():
    from actors.ports.identity import Origin

    return Origin(address="127.0.0.1")
