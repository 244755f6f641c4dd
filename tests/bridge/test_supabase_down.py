"""A served node whose Supabase project is down, wrong or slow: who is in stays in, nobody new comes, nobody waits."""

import asyncio
import json

import aiohttp
import pytest

from tests.bridge.attacked_world import EMAIL, PASSWORD, supabase_node
from tests.bridge.client_world import until
from tests.token_mint import Mint

BODY = {"email": "new@example.org", "password": PASSWORD}
REGISTER = ["/auth/v1/signup", "/api/auth/register"]
SIGN_IN = ["/auth/v1/token?grant_type=password", "/api/auth/login"]


@pytest.fixture
async def node(tmp_path):
    async with supabase_node(tmp_path, sign_up=True) as node:
        yield node


async def post(node, path, body):
    """Return status, headers and body."""
    async with (
        aiohttp.ClientSession() as http,
        http.post(f"http://127.0.0.1:{node.port}{path}", json=body) as answer,
    ):
        return answer.status, answer.headers, await answer.json()


def go_away(node, how):
    if how == "failing":
        node.project.failing = 503
        return asyncio.sleep(0)
    return node.project.stop()


@pytest.mark.parametrize("how", ["failing", "down"])
async def test_valid_tokens_work_on_and_registrations_are_refused(node, how):
    await go_away(node, how)
    assert (await node.get(node.token))[0] == 200
    assert (await node.get(node.mint.token()))[0] == 200
    assert await node.opens(node.token)
    for path in REGISTER + SIGN_IN:
        status, headers, _ = await post(node, path, BODY)
        assert (path, status) == (path, 503)
        assert int(headers["Retry-After"]) >= 1
    node.project.failing = None
    if how == "down":
        await node.project.start()
    for path, body in zip(REGISTER, (BODY, BODY | {"email": "other@example.org"}), strict=True):
        assert (await post(node, path, body))[0] in {200, 201}


async def test_an_unknown_key_fails_closed(node):
    node.project.failing = 503
    other = Mint(issuer=node.project.issuer)
    status, _, body = await node.get(other.sign(node.mint.claims()))
    assert (status, json.loads(body)["code"]) == (401, "unauthorized")


async def test_a_user_who_was_never_seen_is_told_to_come_again(node):
    new = node.project.add_user("new@example.org", PASSWORD)
    token = node.project.sign_in(new)["access_token"]
    node.project.failing = 503
    status, _, body = await node.get(token)
    assert (status, json.loads(body)["code"]) == (503, "jwks_unavailable")
    node.project.failing = None
    assert (await node.get(token))[0] == 200


async def test_a_project_that_hangs_stalls_neither_loop_nor_requests(node):
    node.project.answers.clear()
    waiting = [asyncio.create_task(post(node, path, BODY)) for path in (REGISTER + SIGN_IN) * 3]
    waiting += [asyncio.create_task(node.get(node.project.token(name))) for name in list(node.project.sessions)]
    asked = len(node.project.asked)
    await until(lambda: len(node.project.asked) > asked + 3)
    for _ in range(50):
        assert (await node.get(node.token))[0] == 200
    assert not all(task.done() for task in waiting)
    node.project.answers.set()
    statuses = [found[0] for found in await asyncio.gather(*waiting)]
    assert set(statuses) <= {200, 201, 400, 401, 409, 422, 429, 503}


async def test_a_client_that_gives_up_waiting_leaves_nothing_behind(node):
    node.project.answers.clear()
    before = node.opened.project._under_way
    tasks = [asyncio.create_task(post(node, SIGN_IN[0], {"email": EMAIL, "password": PASSWORD})) for _ in range(3)]
    await until(lambda: node.opened.project._under_way > before)
    for task in tasks:
        task.cancel()
    await asyncio.wait(tasks)
    node.project.answers.set()
    await until(lambda: node.opened.project._under_way == before)
    assert (await post(node, SIGN_IN[0], {"email": EMAIL, "password": PASSWORD}))[0] == 200
