"""Administration of users over REST, and the audit log."""

import json

import pytest

from tests.bridge.served_people import ADMIN, PASSWORD, peopled

ANNA = "anna@example.com"
BOB = "bob@example.com"
NOBODYS = "00000000-0000-4000-8000-000000000000"


@pytest.fixture
async def world(tmp_path):
    async with peopled(tmp_path) as world:
        world.anna = await world.add(ANNA)
        yield world


@pytest.fixture
async def root(world):
    return await world.admin()


@pytest.fixture
async def anna(world):
    return await world.token(ANNA)


def is_refused(answered, status, code):
    assert (answered.status, answered.code) == (status, code), answered.body
    return answered.json()["detail"]


class TestUsers:
    async def test_they_are_listed_by_email(self, world, root):
        told = (await world.ask("GET", "/api/v1/users", token=root)).json()

        assert [user["email"] for user in told["items"]] == [ADMIN, ANNA, "root@example.com"]

    async def test_one_is_made_with_a_password_that_is_shown_once(self, world, root):
        body = {"email": "Bob@Example.com", "roles": ["trader"]}

        made = await world.ask("POST", "/api/v1/users", body, token=root)

        told = made.json()
        assert made.status == 201
        assert (told["user"]["email"], told["user"]["roles"]) == (BOB, ["trader"])
        assert made.headers["Location"] == f"/api/v1/users/{told['user']['user_id']}"
        assert made.headers["Cache-Control"] == "no-store"
        signed = await world.sign_in(BOB, told["password"])
        session = await world.ask("GET", "/api/v1/session", token=signed.access_token)
        assert session.json()["pending"] == "password"
        one = await world.ask("GET", made.headers["Location"], token=root)
        assert told["password"] not in one.body.decode()

    async def test_a_password_that_was_given_is_not_told_again(self, world, root):
        body = {"email": BOB, "roles": ["viewer"], "password": PASSWORD, "must_change": False}

        made = await world.ask("POST", "/api/v1/users", body, token=root)

        assert made.json()["password"] is None
        assert PASSWORD not in made.body.decode()
        assert (await world.sign_in(BOB)).user.email == BOB

    @pytest.mark.parametrize(
        ("body", "status", "code"),
        [
            ({"email": ANNA, "roles": ["viewer"]}, 409, "conflict"),
            ({"email": "no email", "roles": ["viewer"]}, 422, "validation"),
            ({"email": BOB, "roles": []}, 422, "validation"),
            ({"email": BOB, "roles": ["root"]}, 422, "validation"),
            ({"email": BOB, "roles": ["viewer"], "password": "short"}, 422, "validation"),
            ({"email": BOB, "roles": ["viewer"], "user_id": "x"}, 422, "validation"),
        ],
    )
    async def test_what_cannot_be_one_is_refused(self, world, root, body, status, code):
        is_refused(await world.ask("POST", "/api/v1/users", body, token=root), status, code)

    async def test_fewer_roles_count_at_once(self, world, root, anna):
        path = f"/api/v1/users/{world.anna.user_id}"

        changed = await world.ask("PATCH", path, {"roles": ["viewer"], "email": "a@example.com"}, token=root)

        assert (changed.json()["roles"], changed.json()["email"]) == (["viewer"], "a@example.com")
        is_refused(await world.ask("GET", "/api/v1/orders", token=anna), 401, "session_revoked")
        again = await world.token("a@example.com")
        is_refused(await world.ask("GET", "/api/v1/orders", token=again), 403, "forbidden")

    async def test_a_disabled_user_is_out_until_enabled(self, world, root, anna):
        path = f"/api/v1/users/{world.anna.user_id}"

        await world.ask("PATCH", path, {"is_disabled": True}, token=root)
        out = await world.ask("GET", "/api/v1/session", token=anna)
        enabled = await world.ask("PATCH", path, {"is_disabled": False}, token=root)

        is_refused(out, 401, "session_revoked")
        assert enabled.json()["is_disabled"] is False
        assert (await world.sign_in(ANNA)).user.email == ANNA

    async def test_nothing_to_change_is_a_mistake(self, world, root):
        is_refused(await world.ask("PATCH", f"/api/v1/users/{world.anna.user_id}", {}, token=root), 422, "validation")

    async def test_one_is_removed(self, world, root, anna):
        path = f"/api/v1/users/{world.anna.user_id}"

        removed = await world.ask("DELETE", path, token=root)

        assert removed.status == 204
        is_refused(await world.ask("GET", path, token=root), 404, "not_found")
        is_refused(await world.ask("GET", "/api/v1/session", token=anna), 401, "session_revoked")

    async def test_a_password_is_reset(self, world, root, anna):
        path = f"/api/v1/users/{world.anna.user_id}/password"

        made = (await world.ask("POST", path, {}, token=root)).json()["password"]
        given = (await world.ask("POST", path, {"password": "another horse battery"}, token=root)).json()["password"]

        assert len(made) >= 12
        assert given is None
        is_refused(await world.ask("GET", "/api/v1/session", token=anna), 401, "session_revoked")
        assert (await world.sign_in(ANNA, "another horse battery")).user.must_change

    async def test_a_lost_second_factor_is_removed(self, world, root):
        path = f"/api/v1/users/{world.anna.user_id}/two-factor"
        none = await world.ask("DELETE", path, token=root)
        await world.second_factor(ANNA)

        removed = await world.ask("DELETE", path, token=root)

        is_refused(none, 404, "not_found")
        assert removed.status == 204
        told = await world.ask("GET", "/api/v1/session", token=await world.token(ANNA))
        assert told.json()["pending"] is None

    async def test_sessions_are_seen_and_ended(self, world, root, anna):
        path = f"/api/v1/users/{world.anna.user_id}/sessions"

        (one,) = (await world.ask("GET", path, token=root)).json()["items"]
        ended = await world.ask("DELETE", f"{path}/{one['session_id']}", token=root)
        again = await world.ask("DELETE", f"{path}/{one['session_id']}", token=root)

        assert one["is_current"] is False
        assert ended.status == 204
        is_refused(again, 404, "not_found")
        is_refused(await world.ask("GET", "/api/v1/session", token=anna), 401, "session_revoked")

    async def test_limits_are_set_within_which_the_user_chooses(self, world, root, anna):
        path = f"/api/v1/users/{world.anna.user_id}/limits"

        changed = await world.ask("PATCH", path, {"max_open_orders": 7}, token=root)
        told = await world.ask("GET", path, token=root)
        within = await world.ask("PATCH", "/api/v1/limits", {"max_open_orders": 5}, token=anna)
        above = await world.ask("PATCH", "/api/v1/limits", {"max_open_orders": 8}, token=anna)

        assert changed.json()["ceilings"]["max_open_orders"] == 7
        assert told.json() == changed.json()
        assert within.json()["limits"]["max_open_orders"] == 5
        is_refused(above, 422, "validation")

    async def test_nobody_else_is_let_in(self, world, anna):
        user = f"/api/v1/users/{world.anna.user_id}"
        paths = [("GET", "/api/v1/users"), ("POST", "/api/v1/users"), ("GET", user), ("PATCH", user), ("DELETE", user)]
        paths += [("POST", f"{user}/password"), ("DELETE", f"{user}/two-factor"), ("GET", f"{user}/sessions")]
        paths += [("DELETE", f"{user}/sessions/{NOBODYS}"), ("GET", f"{user}/limits"), ("PATCH", f"{user}/limits")]

        for method, path in paths:
            is_refused(await world.ask(method, path, {}, token=anna), 403, "forbidden")
            is_refused(await world.ask(method, path, {}), 401, "unauthorized")

    async def test_nobodys_is_absent(self, world, root):
        user = f"/api/v1/users/{NOBODYS}"
        paths = [("GET", user), ("PATCH", user), ("DELETE", user), ("POST", f"{user}/password")]
        paths += [("DELETE", f"{user}/two-factor"), ("GET", f"{user}/sessions"), ("GET", f"{user}/limits")]

        for method, path in paths:
            body = {"is_disabled": True} if method == "PATCH" else {}
            is_refused(await world.ask(method, path, body, token=root), 404, "not_found")

    async def test_the_last_admin_stays_one(self, world, root):
        users = (await world.ask("GET", "/api/v1/users", token=root)).json()["items"]
        admins = [f"/api/v1/users/{user['user_id']}" for user in users if "admin" in user["roles"]]
        other, mine = sorted(admins, key=lambda path: path.endswith(users[-1]["user_id"]))

        await world.ask("DELETE", other, token=root)
        answers = [
            await world.ask("DELETE", mine, token=root),
            await world.ask("PATCH", mine, {"roles": ["trader"]}, token=root),
            await world.ask("PATCH", mine, {"is_disabled": True}, token=root),
        ]

        for one in answers:
            is_refused(one, 409, "conflict")

    async def test_an_api_key_administers_with_that_scope_only(self, world, root):
        keys = {}
        for scope in ("read", "trade", "admin"):
            body = {"name": scope, "scopes": [scope]}
            keys[scope] = (await world.ask("POST", "/api/v1/api-keys", body, token=root)).json()["text"]

        statuses = {scope: (await world.ask("GET", "/api/v1/users", token=key)).status for scope, key in keys.items()}

        assert statuses == {"read": 403, "trade": 403, "admin": 200}


class TestAudit:
    async def told(self, world, token, query=""):
        answered = await world.ask("GET", f"/api/v1/audit{query}", token=token)
        assert answered.status == 200, answered.body
        return answered.json()

    async def test_a_user_sees_the_own_trail_only(self, world, root, anna):
        await world.add(BOB)
        await world.ask("PATCH", f"/api/v1/users/{world.anna.user_id}", {"email": "a@example.com"}, token=root)

        items = (await self.told(world, anna))["items"]

        admin = next(user for user in world.people.users() if user.email == "root@example.com")
        text = json.dumps(items)
        assert {"auth.sign_in", "user.email"} <= {one["action"] for one in items}
        assert all(world.anna.user_id in {one["actor"], one["target"]} for one in items)
        assert BOB not in text
        assert admin.user_id not in text
        assert admin.email not in text
        email = next(one for one in items if one["action"] == "user.email")
        assert (email["actor"], email["actor_email"], email["target_email"]) == ("other", "", "a@example.com")

    async def test_admins_see_everybodys_by_name(self, world, root, anna):
        await world.ask("PATCH", f"/api/v1/users/{world.anna.user_id}", {"roles": ["viewer"]}, token=root)

        rows = (await self.told(world, root, "?action=user.roles"))["items"]
        annas = (await self.told(world, root, f"?user_id={world.anna.user_id}&action=auth"))["items"]

        assert [(one["actor_email"], one["target_email"]) for one in rows] == [("root@example.com", ANNA)]
        assert {one["actor"] for one in annas} == {world.anna.user_id}
        assert anna

    async def test_it_is_read_in_pages_whose_cursors_are_of_one_question(self, world, root):
        first = await self.told(world, root, "?limit=2")
        second = await self.told(world, root, f"?limit=2&cursor={first['next']}")
        foreign = await world.ask("GET", f"/api/v1/audit?limit=2&action=auth&cursor={first['next']}", token=root)

        sequence = [one["seq"] for one in first["items"] + second["items"]]
        assert len(sequence) == 4
        assert sequence == sorted(sequence, reverse=True)
        is_refused(foreign, 422, "validation")

    async def test_a_range_of_wall_time_is_read(self, world, root):
        newest = (await self.told(world, root, "?limit=1"))["items"][0]["ts"]

        later = await self.told(world, root, f"?start={newest + 1}&end={newest + 2}")

        assert later == {"items": [], "next": None}

    @pytest.mark.parametrize("query", ["?limit=0", "?action=DROP", "?start=5&end=4", "?x=1", "?cursor=abc"])
    async def test_a_bad_question_is_refused(self, world, anna, query):
        is_refused(await world.ask("GET", f"/api/v1/audit{query}", token=anna), 422, "validation")

    async def test_anybody_elses_trail_is_for_admins_whoever_that_is(self, world, anna):
        admin = next(user for user in world.people.users() if user.email == ADMIN)

        details = {
            is_refused(await world.ask("GET", f"/api/v1/audit?user_id={one}", token=anna), 403, "forbidden")
            for one in (admin.user_id, NOBODYS, "x")
        }

        assert details == {"needs role admin"}
        assert (await self.told(world, anna, f"?user_id={world.anna.user_id}"))["items"]

    async def test_an_admins_key_without_that_scope_sees_its_owners_trail(self, world, root, anna):
        body = {"name": "b", "scopes": ["read"]}
        key = (await world.ask("POST", "/api/v1/api-keys", body, token=root)).json()["text"]

        items = (await self.told(world, key))["items"]

        assert items
        assert world.anna.user_id not in {one["actor"] for one in items}
        is_refused(await world.ask("GET", f"/api/v1/audit?user_id={world.anna.user_id}", token=key), 403, "forbidden")
        assert anna

    async def test_no_secret_stands_in_it(self, world, root):
        secret = await world.second_factor(ANNA)
        await world.ask("POST", "/auth/v1/token?grant_type=password", {"email": ANNA, "password": "a wrong-password"})

        text = json.dumps((await self.told(world, root, "?limit=1000"))["items"])

        assert "auth.factor_add" in text
        assert not [one for one in (PASSWORD, "wrong-password", secret, root) if one in text]
