"""Sign-in on a node whose users a Supabase project keeps: passed through, and what is kept there is refused."""

from contextlib import asynccontextmanager

import pytest
from msgspec.structs import replace

from actors.bridge.server import build_app
from tests.bridge.fake_traders import FakeTraders
from tests.bridge.fakes import make_context
from tests.bridge.rest_client import RestClient, no_websocket
from tests.supabase_world import PASSWORD, supabase_in

ANNA = "anna@example.com"
TOKEN = "/auth/v1/token?grant_type=password"


@asynccontextmanager
async def served(world):
    from aiohttp.test_utils import TestClient, TestServer

    context = make_context(world.config, traders=FakeTraders())
    context = replace(context, identity=world.identity, people=world.people, audit=world.journal)
    async with TestClient(TestServer(build_app(context, no_websocket))) as client:
        yield RestClient(client)


@pytest.fixture
async def client(tmp_path):
    async with supabase_in(tmp_path) as world:
        world.project.add_user(ANNA, PASSWORD, roles=["trader", "admin"])
        async with served(world) as client:
            yield client


@pytest.fixture
async def bearer(client):
    told = (await client.ask("POST", TOKEN, json={"email": ANNA, "password": PASSWORD})).json()
    return {"Authorization": f"Bearer {told['access_token']}"}


async def test_email_and_password_are_passed_through(client):
    right = await client.ask("POST", TOKEN, json={"email": ANNA, "password": PASSWORD})
    wrong = await client.ask("POST", TOKEN, json={"email": ANNA, "password": "wrong"})
    told = right.json()
    renewed = await client.ask(
        "POST", "/auth/v1/token?grant_type=refresh_token", json={"refresh_token": told["refresh_token"]}
    )

    assert told["user"]["app_metadata"]["roles"] == ["trader", "admin"]
    assert renewed.json()["user"]["email"] == ANNA
    assert (wrong.status, wrong.code) == (400, "invalid_credentials")


async def test_the_session_is_told_like_one_of_our_own(client, bearer):
    session = (await client.get("/api/v1/session", headers=bearer)).json()
    sessions = (await client.get("/api/v1/sessions", headers=bearer)).json()["items"]
    login = await client.ask("POST", "/api/auth/login", json={"email": ANNA, "password": PASSWORD})
    verified = await client.get("/api/auth/verify", headers={"Authorization": f"Bearer {login.json()['token']}"})

    assert (session["user"]["email"], session["roles"]) == (ANNA, ["viewer", "trader", "admin"])
    assert [one["session_id"] for one in sessions] == [session["session_id"]]
    assert verified.json()["data"]["email"] == ANNA


async def test_api_keys_are_ours(client, bearer):
    made = await client.ask("POST", "/api/v1/api-keys", json={"name": "b", "scopes": ["read"]}, headers=bearer)

    used = await client.get("/api/v1/audit", headers={"Authorization": f"Bearer {made.json()['text']}"})

    assert (made.status, used.status) == (201, 200)


@pytest.mark.parametrize(
    ("method", "path", "body"),
    [
        ("PUT", "/auth/v1/user", {"password": "another horse battery"}),
        ("PUT", "/auth/v1/user", {"data": {"name": "Anna"}}),
        ("POST", "/auth/v1/factors", {"factor_type": "totp"}),
        ("POST", "/auth/v1/admin/users", {"email": "bob@example.com", "password": PASSWORD}),
        ("POST", "/api/v1/password", {"new_password": "another horse battery"}),
        ("POST", "/api/v1/two-factor", {}),
        ("POST", "/api/v1/users", {"email": "bob@example.com", "roles": ["viewer"]}),
        ("POST", "/api/auth/change-password", {"current_password": PASSWORD, "new_password": "another battery"}),
    ],
)
async def test_what_the_project_keeps_is_refused_and_says_where_it_is_done(client, bearer, method, path, body):
    answered = await client.ask(method, path, json=body, headers=bearer)

    assert (answered.status, answered.code) == (409, "conflict")
    assert b"Supabase" in answered.body


async def test_signing_out_counts_here_at_once(client, bearer):
    out = await client.ask("POST", "/auth/v1/logout?scope=local", headers=bearer)
    after = await client.get("/auth/v1/user", headers=bearer)

    assert (out.status, after.status, after.code) == (204, 403, "session_not_found")


async def test_there_are_no_keys_of_our_own(client):
    assert (await client.get("/auth/v1/.well-known/jwks.json")).json() == {"keys": []}


async def test_a_project_that_is_away_is_no_wrong_password(tmp_path):
    async with supabase_in(tmp_path) as world, served(world) as client:
        world.project.add_user(ANNA, PASSWORD)
        await world.project.stop()
        answered = await client.ask("POST", TOKEN, json={"email": ANNA, "password": PASSWORD})

    assert (answered.status, answered.code) == (503, "jwks_unavailable")
