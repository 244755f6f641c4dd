"""The part of GoTrue that clients of Supabase use, over a real socket against real users."""

import pytest

from tests.bridge.fakes import make_context
from tests.bridge.rest_client import serving
from tests.bridge.served_people import ADMIN, PASSWORD, peopled

ANNA = "anna@example.com"
TOKEN = "/auth/v1/token?grant_type=password"
REFRESH = "/auth/v1/token?grant_type=refresh_token"
USER = "/auth/v1/user"


@pytest.fixture
async def world(tmp_path):
    async with peopled(tmp_path) as world:
        await world.add(ANNA)
        yield world


@pytest.fixture
async def open_world(tmp_path):
    async with peopled(tmp_path, sign_up=True, sign_up_roles=("viewer",)) as world:
        yield world


def is_refused(answered, status, code):
    assert (answered.status, answered.code) == (status, code), answered.body
    assert answered.headers["X-Supabase-Api-Version"] == "2024-01-01"
    assert answered.headers["x-sb-error-code"] == code
    assert answered.headers["Cache-Control"] == "no-store"
    return answered.json()["message"]


class TestSignIn:
    async def test_the_right_password_gives_the_tokens_of_a_session(self, world):
        answered = await world.ask("POST", TOKEN, {"email": "Anna@Example.com", "password": PASSWORD})

        told = answered.json()
        assert answered.status == 200
        assert answered.headers["X-Supabase-Api-Version"] == "2024-01-01"
        assert answered.headers["Cache-Control"] == "no-store"
        assert told["token_type"] == "bearer"
        assert 600 < told["expires_in"] <= 900
        assert told["expires_at"] == int(world.clock.now) + 900
        assert told["user"]["email"] == ANNA
        assert told["user"]["app_metadata"] == {"provider": "email", "providers": ["email"], "roles": ["trader"]}
        assert (await world.ask("GET", USER, token=told["access_token"])).json() == told["user"]

    @pytest.mark.parametrize(
        ("email", "password"), [(ANNA, "a wrong password"), ("nobody@example.com", PASSWORD), ("no email", PASSWORD)]
    )
    async def test_what_is_wrong_is_not_told(self, world, email, password):
        answered = await world.ask("POST", TOKEN, {"email": email, "password": password})

        assert is_refused(answered, 400, "invalid_credentials") == "Invalid login credentials"

    async def test_the_key_of_a_project_in_the_header_is_passed_over(self, world):
        headers = {"Authorization": "Bearer sb_publishable_x", "apikey": "sb_publishable_x"}
        answered = await world.ask("POST", TOKEN, {"email": ANNA, "password": PASSWORD}, headers=headers)

        assert answered.status == 200

    async def test_a_disabled_user_is_told_so_with_the_right_password_only(self, world):
        anna = next(user for user in world.people.users() if user.email == ANNA)
        root = await world.admin()
        await world.ask("PATCH", f"/api/v1/users/{anna.user_id}", {"is_disabled": True}, token=root)

        right = await world.ask("POST", TOKEN, {"email": ANNA, "password": PASSWORD})
        wrong = await world.ask("POST", TOKEN, {"email": ANNA, "password": "a wrong password"})

        is_refused(right, 400, "user_banned")
        is_refused(wrong, 400, "invalid_credentials")

    async def test_too_many_wrong_passwords_must_wait(self, world):
        for _ in range(5):
            await world.ask("POST", TOKEN, {"email": ANNA, "password": "a wrong password"})

        answered = await world.ask("POST", TOKEN, {"email": ANNA, "password": "a wrong password"})

        is_refused(answered, 429, "over_request_rate_limit")
        assert int(answered.headers["Retry-After"]) >= 1

    @pytest.mark.parametrize(
        ("body", "status", "code"),
        [
            (b"{", 400, "bad_json"),
            (b"[]", 422, "validation_failed"),
            ({"email": 1, "password": PASSWORD}, 422, "validation_failed"),
            ({"email": ANNA, "password": 12345678901234}, 422, "validation_failed"),
            ({"email": ANNA}, 422, "validation_failed"),
            ({"email": ANNA, "password": ""}, 422, "validation_failed"),
            ({"email": ANNA, "password": "x" * 1_025}, 422, "validation_failed"),
            ({"email": "a" * 255, "password": PASSWORD}, 422, "validation_failed"),
            ({"email": {"$ne": 1}, "password": {"$ne": 1}}, 422, "validation_failed"),
        ],
    )
    async def test_a_body_that_cannot_be_is_refused_without_repeating_it(self, world, body, status, code):
        answered = await world.ask("POST", TOKEN, body)

        assert PASSWORD not in is_refused(answered, status, code)

    @pytest.mark.parametrize("query", ["", "?grant_type=pkce", "?grant_type=password&x=1"])
    async def test_another_grant_is_refused(self, world, query):
        answered = await world.ask("POST", f"/auth/v1/token{query}", {"email": ANNA, "password": PASSWORD})

        is_refused(answered, 422, "validation_failed")


class TestRefresh:
    async def test_a_refresh_token_gives_new_tokens(self, world):
        signed = await world.sign_in(ANNA)
        world.clock.now += 20

        told = (await world.ask("POST", REFRESH, {"refresh_token": signed.refresh_token})).json()

        assert told["refresh_token"] != signed.refresh_token
        assert (await world.ask("GET", USER, token=told["access_token"])).status == 200

    async def test_an_old_one_ends_the_session(self, world):
        signed = await world.sign_in(ANNA)
        tokens = [signed.refresh_token]
        for _ in range(3):
            world.clock.now += 20
            tokens.append((await world.ask("POST", REFRESH, {"refresh_token": tokens[-1]})).json()["refresh_token"])

        world.clock.now += 20
        stolen = await world.ask("POST", REFRESH, {"refresh_token": tokens[0]})
        newest = await world.ask("POST", REFRESH, {"refresh_token": tokens[-1]})

        is_refused(stolen, 400, "refresh_token_already_used")
        assert newest.code in {"session_expired", "refresh_token_not_found"}
        is_refused(newest, 400, newest.code)

    @pytest.mark.parametrize("token", ["x", "a" * 1_024, "é", "\u0000"])
    async def test_any_other_text_is_none(self, world, token):
        is_refused(await world.ask("POST", REFRESH, {"refresh_token": token}), 400, "refresh_token_not_found")

    async def test_without_one_nothing_is_renewed(self, world):
        is_refused(await world.ask("POST", REFRESH, {}), 422, "validation_failed")


class TestWhoAsks:
    async def test_nobody_is_told_to_sign_in(self, world):
        answered = await world.ask("GET", USER)

        is_refused(answered, 401, "no_authorization")
        assert answered.headers["WWW-Authenticate"] == "Bearer"

    async def test_a_token_of_nobody_is_a_bad_one(self, world):
        is_refused(await world.ask("GET", USER, token="x.y.z"), 403, "bad_jwt")

    async def test_an_expired_one_is_too(self, world):
        token = await world.token(ANNA)
        world.clock.now += 1_000

        is_refused(await world.ask("GET", USER, token=token), 403, "bad_jwt")

    @pytest.mark.parametrize("scope", ["local", "global"])
    async def test_after_signing_out_the_session_is_not_found(self, world, scope):
        token = await world.token(ANNA)

        out = await world.ask("POST", f"/auth/v1/logout?scope={scope}", token=token)

        assert (out.status, out.body) == (204, b"")
        assert out.headers["X-Supabase-Api-Version"] == "2024-01-01"
        is_refused(await world.ask("GET", USER, token=token), 403, "session_not_found")

    async def test_signing_out_elsewhere_leaves_this_session(self, world):
        here, there = await world.token(ANNA), await world.token(ANNA)

        await world.ask("POST", "/auth/v1/logout?scope=others", token=here)

        assert (await world.ask("GET", USER, token=here)).status == 200
        is_refused(await world.ask("GET", USER, token=there), 403, "session_not_found")

    async def test_an_api_key_is_no_person(self, world):
        anna = next(user for user in world.people.users() if user.email == ANNA)
        made = await world.ask(
            "POST", "/api/v1/api-keys", {"name": "bot", "scopes": ["read"]}, token=await world.token(ANNA)
        )

        answered = await world.ask("GET", USER, token=made.json()["text"])

        is_refused(answered, 403, "not_admin")
        assert anna.email not in answered.body.decode()


class TestOneself:
    async def test_a_new_password_counts_and_ends_other_sessions(self, world):
        here, there = await world.token(ANNA), await world.token(ANNA)

        changed = await world.ask("PUT", USER, {"password": "another horse battery"}, token=here)

        assert changed.status == 200
        is_refused(await world.ask("GET", USER, token=there), 403, "session_not_found")
        assert (await world.sign_in(ANNA, "another horse battery")).user.email == ANNA

    async def test_a_weak_password_is_refused_with_reasons(self, world):
        answered = await world.ask("PUT", USER, {"password": "short"}, token=await world.token(ANNA))

        is_refused(answered, 422, "weak_password")
        assert answered.json()["weak_password"]["reasons"] == ["length"]

    async def test_later_the_current_password_is_needed(self, world):
        token = await world.token(ANNA)
        world.clock.now += 700
        body = {"password": "another horse battery"}

        without = await world.ask("PUT", USER, body, token=token)
        wrong = await world.ask("PUT", USER, body | {"current_password": "a wrong password"}, token=token)
        right = await world.ask("PUT", USER, body | {"current_password": PASSWORD}, token=token)

        is_refused(without, 400, "invalid_credentials")
        is_refused(wrong, 400, "invalid_credentials")
        assert right.status == 200

    async def test_ones_own_words_are_kept_and_give_no_right(self, world):
        token = await world.token(ANNA)

        told = (await world.ask("PUT", USER, {"data": {"name": "Anna", "roles": ["admin"]}}, token=token)).json()

        assert told["user_metadata"] == {"name": "Anna", "roles": ["admin"]}
        assert told["app_metadata"]["roles"] == ["trader"]
        is_refused(await world.ask("GET", "/auth/v1/admin/users", token=token), 403, "not_admin")

    @pytest.mark.parametrize("change", [{"email": "other@example.com"}, {"phone": "+1"}, {"data": {"x": "y" * 9_000}}])
    async def test_what_cannot_be_changed_is_refused(self, world, change):
        is_refused(await world.ask("PUT", USER, change, token=await world.token(ANNA)), 422, "validation_failed")


class TestSignUp:
    async def test_it_is_off(self, world):
        body = {"email": "new@example.com", "password": PASSWORD}

        is_refused(await world.ask("POST", "/auth/v1/signup", body), 422, "signup_disabled")
        assert (await world.ask("GET", "/auth/v1/settings")).json()["disable_signup"] is True

    async def test_where_it_is_on_a_stranger_becomes_a_user_and_signs_in(self, open_world):
        body = {"email": "New@Example.com", "password": PASSWORD, "data": {"name": "New"}, "gotrue_meta_security": {}}

        told = (await open_world.ask("POST", "/auth/v1/signup?redirect_to=http%3A%2F%2Flocalhost", body)).json()

        assert (told["user"]["email"], told["user"]["user_metadata"]) == ("new@example.com", {"name": "New"})
        assert told["user"]["app_metadata"]["roles"] == ["viewer"]
        assert (await open_world.ask("GET", USER, token=told["access_token"])).status == 200

    async def test_a_second_one_of_that_name_is_refused(self, open_world):
        body = {"email": ADMIN, "password": PASSWORD}

        is_refused(await open_world.ask("POST", "/auth/v1/signup", body), 422, "user_already_exists")

    async def test_nobody_becomes_more_than_is_configured(self, open_world):
        body = {"email": "new@example.com", "password": PASSWORD, "app_metadata": {"roles": ["admin"]}}
        body |= {"data": {"roles": ["admin"]}}

        told = (await open_world.ask("POST", "/auth/v1/signup", body)).json()

        assert told["user"]["app_metadata"]["roles"] == ["viewer"]


class TestSecondFactor:
    async def begun(self, world, token):
        made = (await world.ask("POST", "/auth/v1/factors", {"factor_type": "totp"}, token=token)).json()
        return made["id"], made["totp"]["secret"]

    async def challenged(self, world, factor_id, token):
        return (await world.ask("POST", f"/auth/v1/factors/{factor_id}/challenge", token=token)).json()["id"]

    async def given(self, world, factor_id, token, code, challenge_id=None):
        challenge_id = challenge_id or await self.challenged(world, factor_id, token)
        body = {"challenge_id": challenge_id, "code": code}
        return await world.ask("POST", f"/auth/v1/factors/{factor_id}/verify", body, token=token)

    async def test_it_counts_after_its_first_code_and_is_asked_for_at_sign_in(self, world):
        token = await world.token(ANNA)
        factor_id, secret = await self.begun(world, token)

        first = await self.given(world, factor_id, token, world.code(secret))
        signed = (await world.ask("POST", TOKEN, {"email": ANNA, "password": PASSWORD})).json()
        pending = signed["access_token"]
        before = await world.ask("GET", "/api/v1/orders", token=pending)
        then = await self.given(world, factor_id, pending, world.code(secret))
        after = await world.ask("GET", "/api/v1/orders", token=then.json()["access_token"])

        assert (first.status, then.status) == (200, 200)
        assert [(one["id"], one["status"]) for one in signed["user"]["factors"]] == [(factor_id, "verified")]
        assert (before.status, after.status) == (403, 200)

    async def test_before_it_is_given_a_password_alone_changes_nothing(self, world):
        secret = await world.second_factor(ANNA)
        pending = await world.token(ANNA)

        password = await world.ask("PUT", USER, {"password": "another horse battery"}, token=pending)
        words = await world.ask("PUT", USER, {"data": {"name": "x"}}, token=pending)
        everywhere = await world.ask("POST", "/auth/v1/logout?scope=global", token=pending)
        another = await world.ask("POST", "/auth/v1/factors", {"factor_type": "totp"}, token=pending)
        here = await world.ask("POST", "/auth/v1/logout?scope=local", token=pending)

        for one in (password, words, everywhere, another):
            is_refused(one, 403, "insufficient_aal")
        assert here.status == 204
        assert secret

    async def test_a_wrong_code_is_refused(self, world):
        token = await world.token(ANNA)
        factor_id, _ = await self.begun(world, token)

        is_refused(await self.given(world, factor_id, token, "000000"), 422, "mfa_verification_failed")

    async def test_a_code_without_its_challenge_is_refused(self, world):
        token = await world.token(ANNA)
        factor_id, secret = await self.begun(world, token)

        answered = await self.given(
            world, factor_id, token, world.code(secret), "0" * 8 + "-0000-4000-8000-" + "0" * 12
        )

        is_refused(answered, 422, "mfa_challenge_expired")

    async def test_somebody_elses_factor_is_none(self, world):
        await world.add("bob@example.com")
        factor_id, _ = await self.begun(world, await world.token(ANNA))
        bob = await world.token("bob@example.com")

        for other in (factor_id, "0" * 8 + "-0000-4000-8000-" + "0" * 12):
            for method, path in (("POST", f"{other}/challenge"), ("DELETE", other)):
                answered = await world.ask(method, f"/auth/v1/factors/{path}", token=bob)
                assert is_refused(answered, 404, "mfa_factor_not_found") == "Factor not found"

    async def test_one_that_never_counted_is_removed_one_that_does_is_not(self, world):
        token = await world.token(ANNA)
        factor_id, _ = await self.begun(world, token)
        gone = await world.ask("DELETE", f"/auth/v1/factors/{factor_id}", token=token)
        factor_id, secret = await self.begun(world, token)
        token = (await self.given(world, factor_id, token, world.code(secret))).json()["access_token"]

        kept = await world.ask("DELETE", f"/auth/v1/factors/{factor_id}", token=token)

        assert gone.status == 200
        is_refused(kept, 403, "insufficient_aal")


class TestAdmin:
    async def test_only_admins_are_let_in(self, world):
        for token, status, code in ((await world.token(ANNA), 403, "not_admin"), ("", 401, "no_authorization")):
            for method, path in (("GET", ""), ("POST", ""), ("GET", "/x"), ("PUT", "/x"), ("DELETE", "/x")):
                answered = await world.ask(method, f"/auth/v1/admin/users{path}", b"{}", token=token)
                is_refused(answered, status, code)

    async def test_users_are_listed_in_pages(self, world):
        root = await world.admin()

        first = await world.ask("GET", "/auth/v1/admin/users?page=1&per_page=2", token=root)
        every = await world.ask("GET", "/auth/v1/admin/users?page=&per_page=", token=root)

        assert [user["email"] for user in first.json()["users"]] == [ADMIN, ANNA]
        assert first.headers["X-Total-Count"] == "3"
        assert 'page=2&per_page=2>; rel="next"' in first.headers["Link"]
        assert len(every.json()["users"]) == 3
        is_refused(await world.ask("GET", "/auth/v1/admin/users?page=0", token=root), 422, "validation_failed")

    async def test_a_user_is_made_changed_and_removed(self, world):
        root = await world.admin()
        body = {"email": "bob@example.com", "password": PASSWORD, "app_metadata": {"roles": ["trader"]}}
        made = (await world.ask("POST", "/auth/v1/admin/users", body | {"email_confirm": True}, token=root)).json()
        path = f"/auth/v1/admin/users/{made['id']}"

        bob = await world.token("bob@example.com")
        change = {"app_metadata": {"roles": ["viewer"]}, "user_metadata": {"name": "Bob"}, "email": "b@example.com"}
        changed = (await world.ask("PUT", path, change, token=root)).json()
        banned = (await world.ask("PUT", path, {"ban_duration": "24h"}, token=root)).json()
        unbanned = (await world.ask("PUT", path, {"ban_duration": "none"}, token=root)).json()
        removed = await world.ask("DELETE", path, {"should_soft_delete": False}, token=root)

        assert (changed["email"], changed["app_metadata"]["roles"]) == ("b@example.com", ["viewer"])
        assert changed["user_metadata"] == {"name": "Bob"}
        is_refused(await world.ask("GET", USER, token=bob), 403, "session_not_found")
        assert banned["banned_until"] is not None
        assert unbanned["banned_until"] is None
        assert removed.status == 200
        is_refused(await world.ask("GET", path, token=root), 404, "user_not_found")

    async def test_two_of_one_email_cannot_be(self, world):
        body = {"email": ANNA, "password": PASSWORD}

        answered = await world.ask("POST", "/auth/v1/admin/users", body, token=await world.admin())

        is_refused(answered, 422, "email_exists")


class TestEverybody:
    async def test_the_public_keys_verify_tokens(self, world):
        import jwt

        answered = await world.ask("GET", "/auth/v1/.well-known/jwks.json")
        token = await world.token(ANNA)

        (key,) = answered.json()["keys"]
        options = {"verify_exp": False, "verify_iat": False}
        claims = jwt.decode(token, jwt.PyJWK(key).key, algorithms=["ES256"], audience="authenticated", options=options)
        assert (claims["email"], key["kid"]) == (ANNA, jwt.get_unverified_header(token)["kid"])
        assert answered.headers["Cache-Control"] == "public, max-age=600"
        assert "d" not in key

    async def test_it_is_there(self, world):
        assert (await world.ask("GET", "/auth/v1/health")).json()["name"] == "GoTrue"

    async def test_a_page_of_an_allowed_origin_may_use_the_clients_headers(self, world):
        origin = f"http://localhost:{world.server.port}"
        asked = {"Origin": origin, "Access-Control-Request-Method": "POST"}
        asked |= {"Access-Control-Request-Headers": "apikey,authorization,content-type,x-client-info"}

        preflight = await world.ask("OPTIONS", "/auth/v1/token", headers=asked)
        foreign = await world.ask("OPTIONS", "/auth/v1/token", headers=asked | {"Origin": "https://evil.example"})
        answered = await world.ask("GET", "/auth/v1/settings", headers={"Origin": origin})

        accepted = {one.strip().lower() for one in preflight.headers["Access-Control-Allow-Headers"].split(",")}
        assert preflight.status == 204
        assert {"apikey", "authorization", "content-type", "x-client-info", "x-supabase-api-version"} <= accepted
        assert foreign.status == 403
        assert "Access-Control-Allow-Origin" not in foreign.headers
        assert "X-Supabase-Api-Version" in answered.headers["Access-Control-Expose-Headers"]


@pytest.mark.parametrize(
    ("method", "path"),
    [("POST", TOKEN), ("POST", "/auth/v1/signup"), ("GET", USER), ("GET", "/auth/v1/admin/users"),
     ("GET", "/auth/v1/settings"), ("GET", "/auth/v1/.well-known/jwks.json")],
)  # fmt: skip
async def test_a_node_without_users_has_none_of_it(method, path):
    async with serving(make_context()) as client:
        answered = await client.ask(method, path, json={"email": ANNA, "password": PASSWORD})

    assert is_refused(answered, 404, "user_not_found") == "this node has no users"
