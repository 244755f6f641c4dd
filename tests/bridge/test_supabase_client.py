"""The `supabase` package as people use it: at the project's double, and at a node in front of it."""

import json
from contextlib import asynccontextmanager

import pytest

from tests.bridge.attacked_world import EMAIL, PASSWORD, supabase_node
from tests.supabase_double import PUBLISHABLE_KEY

pytestmark = pytest.mark.slow


@asynccontextmanager
async def client_of(url):
    """The real asynchronous client; its connections are the test's to close."""
    import httpx
    from supabase import AsyncClientOptions, acreate_client

    async with httpx.AsyncClient() as http:
        options = AsyncClientOptions(httpx_client=http, auto_refresh_token=False, persist_session=False)
        yield await acreate_client(url, PUBLISHABLE_KEY, options)


@pytest.fixture
async def node(tmp_path):
    async with supabase_node(tmp_path) as node:
        yield node


async def whose(node, token):
    """Status, and error code or user."""
    status, _, body = await node.get(token)
    told = json.loads(body)
    return status, told["code"] if status != 200 else told["user"]["email"]


@pytest.mark.slow
async def test_who_signs_in_at_the_project_is_known_to_the_node(node):
    async with client_of(node.project.url) as client:
        signed_in = await client.auth.sign_in_with_password({"email": EMAIL, "password": PASSWORD})
        assert await whose(node, signed_in.session.access_token) == (200, EMAIL)
        renewed = await client.auth.refresh_session()
        assert await whose(node, renewed.session.access_token) == (200, EMAIL)
        assert await node.opens(renewed.session.access_token)
        assert (await client.auth.get_claims())["claims"]["session_id"]


async def test_who_signs_up_at_the_project_is_a_user_of_the_node(node):
    async with client_of(node.project.url) as client:
        made = await client.auth.sign_up({"email": "bob@example.org", "password": PASSWORD})
        node.project.set_roles(made.user.id, ["viewer"])
        renewed = await client.auth.refresh_session()
        assert await whose(node, renewed.session.access_token) == (200, "bob@example.org")
        (bob,) = [user for user in node.opened.people.users() if user.user_id == made.user.id]
        assert bob.roles == ("viewer",)


async def test_after_signing_out_at_the_project_a_token_that_is_new_to_the_node_opens_nothing(node):
    async with client_of(node.project.url) as client:
        signed_in = await client.auth.sign_in_with_password({"email": EMAIL, "password": PASSWORD})
        await client.auth.sign_out()
        assert await whose(node, signed_in.session.access_token) == (401, "session_revoked")


async def test_the_same_client_signs_in_through_the_node(node):
    from supabase import AuthApiError

    async with client_of(f"http://127.0.0.1:{node.port}") as client:
        with pytest.raises(AuthApiError) as caught:
            await client.auth.sign_in_with_password({"email": EMAIL, "password": "wrong password"})
        assert caught.value.code == "invalid_credentials"
        signed_in = await client.auth.sign_in_with_password({"email": EMAIL, "password": PASSWORD})
        assert (await client.auth.get_user()).user.email == EMAIL
        renewed = await client.auth.refresh_session()
        assert renewed.session.access_token != signed_in.session.access_token
        assert await whose(node, renewed.session.access_token) == (200, EMAIL)
        await client.auth.sign_out()
        for one in (signed_in, renewed):
            assert await whose(node, one.session.access_token) == (401, "session_revoked")


async def test_an_outage_costs_no_client_its_session(node):
    from supabase import AuthRetryableError

    async with client_of(f"http://127.0.0.1:{node.port}") as client:
        signed_in = await client.auth.sign_in_with_password({"email": EMAIL, "password": PASSWORD})
        node.project.failing = 503
        with pytest.raises(AuthRetryableError):
            await client.auth.refresh_session()
        assert await whose(node, signed_in.session.access_token) == (200, EMAIL)
        node.project.failing = None
        assert (await client.auth.refresh_session()).session
