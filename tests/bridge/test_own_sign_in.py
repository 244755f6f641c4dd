"""A user's own sign-in over REST: session, sessions, password, second factor, API keys."""

import pytest

from tests.bridge.fakes import make_context
from tests.bridge.rest_client import serving
from tests.bridge.served_people import ADMIN, PASSWORD, peopled

ANNA = "anna@example.com"
BOB = "bob@example.com"
NOBODYS = "00000000-0000-4000-8000-000000000000"
FIREFOX = "Mozilla/5.0 (Windows NT 10.0; Win64; x64; rv:140.0) Gecko/20100101 Firefox/140.0"


@pytest.fixture
async def world(tmp_path):
    async with peopled(tmp_path) as world:
        await world.add(ANNA)
        await world.add(BOB)
        yield world


@pytest.fixture
async def anna(world):
    return await world.token(ANNA)


@pytest.fixture
async def bob(world):
    return await world.token(BOB)


def is_refused(answered, status, code):
    assert (answered.status, answered.code) == (status, code), answered.body
    return answered.json()["detail"]


class TestSession:
    async def test_it_tells_who_is_signed_in_and_until_when(self, world):
        signed = await world.sign_in(ANNA)

        answered = await world.ask("GET", "/api/v1/session", token=signed.access_token)

        told = answered.json()
        assert told["user"]["email"] == ANNA
        assert (told["session_id"], told["roles"], told["scopes"]) == (signed.session_id, ["viewer", "trader"], None)
        assert told["pending"] is None
        assert told["expires_ms"] // 1000 == signed.expires_ms // 1000
        assert told["until_ms"] > told["expires_ms"]
        assert answered.headers["Cache-Control"] == "no-store"

    async def test_nobody_has_none(self, world):
        is_refused(await world.ask("GET", "/api/v1/session"), 401, "unauthorized")

    async def test_an_api_key_is_none(self, world, anna):
        body = {"name": "bot", "scopes": ["read", "trade"]}
        key = (await world.ask("POST", "/api/v1/api-keys", body, token=anna)).json()["text"]

        is_refused(await world.ask("GET", "/api/v1/session", token=key), 403, "forbidden")

    async def test_on_a_node_without_users_it_is_the_local_one(self):
        async with serving(make_context()) as client:
            told = (await client.get("/api/v1/session")).json()

        assert (told["user"], told["session_id"], told["expires_ms"]) == (None, None, None)
        assert told["roles"] == ["viewer", "trader", "admin"]

    async def test_a_password_that_must_be_changed_comes_first(self, world):
        await world.add("new@example.com", "trader", must_change=True)
        token = await world.token("new@example.com")

        pending = (await world.ask("GET", "/api/v1/session", token=token)).json()["pending"]
        before = await world.ask("GET", "/api/v1/orders", token=token)
        await world.ask("POST", "/api/v1/password", {"new_password": "another horse battery"}, token=token)
        after = await world.ask("GET", "/api/v1/orders", token=token)

        assert pending == "password"
        assert is_refused(before, 403, "forbidden") == "the password must be changed first"
        assert after.status == 200

    @pytest.mark.parametrize(("which", "ended"), [("local", {0}), ("others", {1, 2}), ("global", {0, 1, 2})])
    async def test_signing_out_ends_what_was_asked_for(self, world, which, ended):
        tokens = [await world.token(ANNA) for _ in range(3)]

        answered = await world.ask("POST", "/api/v1/session/end", {"which": which}, token=tokens[0])

        statuses = [(await world.ask("GET", "/api/v1/session", token=token)).status for token in tokens]
        assert (answered.status, answered.body) == (204, b"")
        assert statuses == [401 if n in ended else 200 for n in range(3)]


class TestSessions:
    async def test_they_are_listed_newest_first_with_what_they_are(self, world):
        old = await world.people.sign_in(ANNA, PASSWORD, _from("203.0.113.9", FIREFOX))
        world.clock.now += 60
        new = await world.sign_in(ANNA)

        items = (await world.ask("GET", "/api/v1/sessions", token=new.access_token)).json()["items"]

        assert [(one["session_id"], one["is_current"]) for one in items] == [
            (new.session_id, True),
            (old.session_id, False),
        ]
        assert (items[1]["address"], items[1]["browser"], items[1]["os"]) == ("203.0.113.9", "Firefox", "Windows")

    async def test_one_is_ended(self, world, anna):
        other = await world.sign_in(ANNA)

        answered = await world.ask("DELETE", f"/api/v1/sessions/{other.session_id}", token=anna)

        assert answered.status == 204
        is_refused(await world.ask("GET", "/api/v1/session", token=other.access_token), 401, "session_revoked")

    async def test_somebody_elses_is_as_absent_as_nobodys(self, world, anna):
        theirs = await world.sign_in(BOB)

        answers = [
            await world.ask("DELETE", f"/api/v1/sessions/{one}", token=anna)
            for one in (theirs.session_id, NOBODYS, "x")
        ]

        assert len({is_refused(one, 404, "not_found") for one in answers}) == 1
        assert (await world.ask("GET", "/api/v1/session", token=theirs.access_token)).status == 200


class TestPassword:
    async def test_it_is_changed_and_other_sessions_end(self, world, anna):
        other = await world.token(ANNA)
        body = {"current_password": PASSWORD, "new_password": "another horse battery"}

        changed = await world.ask("POST", "/api/v1/password", body, token=anna)

        assert changed.json()["email"] == ANNA
        assert (await world.ask("GET", "/api/v1/session", token=anna)).status == 200
        assert (await world.ask("GET", "/api/v1/session", token=other)).status == 401

    @pytest.mark.parametrize(
        ("body", "status", "code"),
        [
            ({"new_password": "short"}, 422, "validation"),
            ({"new_password": "password1234"}, 422, "validation"),
            ({"new_password": PASSWORD}, 422, "validation"),
            ({"new_password": "x" * 1_025}, 422, "validation"),
            ({"new_password": None}, 422, "validation"),
            ({"new_password": "another horse battery", "is_admin": True}, 422, "validation"),
            ({"new_password": "another horse battery", "current_password": "wrong"}, 401, "credentials_rejected"),
        ],
    )
    async def test_what_cannot_be_one_is_refused(self, world, anna, body, status, code):
        answered = await world.ask("POST", "/api/v1/password", body, token=anna)

        is_refused(answered, status, code)
        assert "horse" not in answered.body.decode()
        assert (await world.sign_in(ANNA)).user.email == ANNA

    async def test_a_factor_that_was_not_given_comes_first(self, world):
        await world.second_factor(ANNA)
        body = {"current_password": PASSWORD, "new_password": "another horse battery"}

        answered = await world.ask("POST", "/api/v1/password", body, token=await world.token(ANNA))

        assert is_refused(answered, 403, "forbidden") == "the second factor must be given first"


class TestTwoFactor:
    async def set_up(self, world, token):
        made = (await world.ask("POST", "/api/v1/two-factor", {"name": "phone"}, token=token)).json()
        body = {"factor_id": made["factor_id"], "code": world.code(made["secret"])}
        answered = await world.ask("POST", "/api/v1/two-factor/verify", body, token=token)
        assert answered.status == 200, answered.body
        return made["secret"], answered.json()

    async def test_it_is_set_up_with_its_first_code(self, world, anna):
        before = (await world.ask("GET", "/api/v1/two-factor", token=anna)).json()
        _, told = await self.set_up(world, anna)
        after = (await world.ask("GET", "/api/v1/two-factor", token=told["access_token"])).json()

        assert before == {"is_on": False, "factor_id": None, "recovery_left": 0}
        assert (after["is_on"], after["recovery_left"]) == (True, 10)
        assert len(set(told["recovery_codes"])) == 10

    async def test_a_session_that_waits_for_it_gives_a_code_without_its_id(self, world, anna):
        secret, _ = await self.set_up(world, anna)
        pending = await world.token(ANNA)
        session = (await world.ask("GET", "/api/v1/session", token=pending)).json()

        told = await world.ask("POST", "/api/v1/two-factor/verify", {"code": world.code(secret)}, token=pending)

        assert session["pending"] == "second_factor"
        assert told.json()["recovery_codes"] == []
        after = (await world.ask("GET", "/api/v1/session", token=told.json()["access_token"])).json()
        assert after["pending"] is None

    async def test_a_recovery_code_counts_once(self, world, anna):
        _, told = await self.set_up(world, anna)
        body = {"code": told["recovery_codes"][0]}
        pending = [await world.token(ANNA) for _ in range(2)]

        answers = [await world.ask("POST", "/api/v1/two-factor/verify", body, token=token) for token in pending]

        assert [one.status for one in answers] == [200, 401]
        token = answers[0].json()["access_token"]
        assert (await world.ask("GET", "/api/v1/two-factor", token=token)).json()["recovery_left"] == 9

    async def test_recovery_codes_are_replaced_with_a_code(self, world, anna):
        secret, told = await self.set_up(world, anna)
        path = "/api/v1/two-factor/recovery-codes"

        wrong = await world.ask("POST", path, {"code": "000000"}, token=anna)
        right = await world.ask("POST", path, {"code": world.code(secret)}, token=anna)

        is_refused(wrong, 401, "credentials_rejected")
        assert not set(right.json()["recovery_codes"]) & set(told["recovery_codes"])

    async def test_it_is_removed_with_a_code(self, world, anna):
        secret, _ = await self.set_up(world, anna)

        wrong = await world.ask("DELETE", "/api/v1/two-factor", {"code": "000000"}, token=anna)
        right = await world.ask("DELETE", "/api/v1/two-factor", {"code": world.code(secret)}, token=anna)

        is_refused(wrong, 401, "credentials_rejected")
        assert right.status == 204
        assert (await world.ask("GET", "/api/v1/two-factor", token=anna)).json()["is_on"] is False

    async def test_who_has_none_has_none_to_give(self, world, anna):
        for method, path in (("POST", "/verify"), ("POST", "/recovery-codes"), ("DELETE", "")):
            answered = await world.ask(method, f"/api/v1/two-factor{path}", {"code": "123456"}, token=anna)
            is_refused(answered, 404, "not_found")

    async def test_somebody_elses_is_as_absent_as_nobodys(self, world, anna, bob):
        made = (await world.ask("POST", "/api/v1/two-factor", {}, token=bob)).json()

        for factor_id in (made["factor_id"], NOBODYS):
            body = {"factor_id": factor_id, "code": world.code(made["secret"])}
            is_refused(await world.ask("POST", "/api/v1/two-factor/verify", body, token=anna), 404, "not_found")


class TestApiKeys:
    async def test_one_is_made_shown_once_used_and_taken_back(self, world, anna):
        body = {"name": "bot", "scopes": ["read", "read"], "expires_ms": int(world.clock.now * 1000) + 60_000}

        made = (await world.ask("POST", "/api/v1/api-keys", body, token=anna)).json()
        used = await world.ask("GET", "/api/v1/orders", token=made["text"])
        listed = await world.ask("GET", "/api/v1/api-keys", token=anna)
        ended = await world.ask("DELETE", f"/api/v1/api-keys/{made['key']['key_id']}", token=anna)
        after = await world.ask("GET", "/api/v1/orders", token=made["text"])

        assert made["text"].startswith(f"wk_{made['key']['key_id']}_")
        assert (used.status, ended.status, after.status) == (200, 204, 401)
        assert [one["key_id"] for one in listed.json()["items"]] == [made["key"]["key_id"]]
        assert made["text"] not in listed.body.decode()
        assert made["key"]["scopes"] == ["read"]

    async def test_a_scope_opens_no_more_than_its_own(self, world, anna):
        made = (await world.ask("POST", "/api/v1/api-keys", {"name": "b", "scopes": ["read"]}, token=anna)).json()

        order = await world.ask("POST", "/api/v1/deadman", {"timeout_s": 5}, token=made["text"])
        keys = await world.ask("GET", "/api/v1/api-keys", token=made["text"])
        sessions = await world.ask("GET", "/api/v1/sessions", token=made["text"])
        factor = await world.ask("POST", "/api/v1/two-factor", {}, token=made["text"])

        is_refused(order, 403, "forbidden")
        assert {is_refused(one, 403, "forbidden") for one in (keys, sessions, factor)} == {"no API key opens this"}

    @pytest.mark.parametrize(
        "body",
        [
            {"name": "", "scopes": ["read"]},
            {"name": "x" * 65, "scopes": ["read"]},
            {"name": "b", "scopes": []},
            {"name": "b", "scopes": ["everything"]},
            {"name": "b", "scopes": ["admin"]},
            {"name": "b", "scopes": ["read"], "expires_ms": 1},
            {"name": "b", "scopes": ["read"], "user_id": "x"},
        ],
    )
    async def test_what_cannot_be_one_is_refused(self, world, anna, body):
        is_refused(await world.ask("POST", "/api/v1/api-keys", body, token=anna), 422, "validation")

    async def test_somebody_elses_is_as_absent_as_nobodys(self, world, anna, bob):
        made = (await world.ask("POST", "/api/v1/api-keys", {"name": "b", "scopes": ["read"]}, token=bob)).json()

        for key_id in (made["key"]["key_id"], "abcdefghijkl"):
            is_refused(await world.ask("DELETE", f"/api/v1/api-keys/{key_id}", token=anna), 404, "not_found")
        assert (await world.ask("GET", "/api/v1/orders", token=made["text"])).status == 200


async def test_a_node_without_users_has_none_of_it():
    from tests.contract_check import contract

    private = [
        (verb.upper(), path.replace("{", "").replace("}", ""))
        for path, verbs in contract()["paths"].items()
        for verb, operation in verbs.items()
        if operation["tags"] == ["users"] and path != "/api/v1/session"
    ]
    body = {"which": "local", "new_password": PASSWORD, "code": "123456", "name": "b", "scopes": ["read"]}
    async with serving(make_context()) as client:
        for method, path in private:
            answered = await client.ask(method, path, json=body)
            assert answered.status in {404, 422}, (method, path)
            if answered.status == 404:
                assert answered.json()["detail"] == "this node has no users"

    assert len(private) > 15
    assert ADMIN


def _from(address, user_agent):
    from actors.ports.identity import Origin

    return Origin(address=address, user_agent=user_agent)
