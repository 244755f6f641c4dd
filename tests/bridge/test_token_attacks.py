"""Every token that must open nothing, against whole nodes: over REST, and in each form over WebSocket."""

import asyncio
import json
from base64 import urlsafe_b64encode

import pytest

from actors.ports.identity import Origin
from tests.bridge.attacked_world import NODES
from tests.token_attacks import ATTACKS

pytestmark = pytest.mark.slow  # two seconds all together

NO_HEADER = {"with_a_line_end"}
"""What no client can put into a header."""
TOO_LONG = {"oversized", "huge"}
"""What the server refuses before anybody looks at it."""
NONE = {"nothing"}


@pytest.fixture(params=NODES)
async def node(request, tmp_path):
    async with NODES[request.param](tmp_path) as node:
        yield node


async def test_the_good_token_opens_and_so_does_one_that_the_leaked_key_signs(node):
    for token in (node.token, node.mint.token()):
        assert (await node.get(token))[0] == 200
        assert await node.opens(token)


async def test_no_attack_opens_anything_over_rest(node):
    for name, attack in ATTACKS.items():
        if name in NO_HEADER:
            continue
        status, headers, body = await node.get(attack(node.mint))
        if name in TOO_LONG and status in {400, 413, 431}:
            continue
        told = json.loads(body)
        assert (name, status, told.get("detail") if status != 401 else "") == (name, 401, "")
        assert (name, told["code"]) == (name, "token_expired" if name == "expired" else "unauthorized")
        assert headers["WWW-Authenticate"].startswith("Bearer")
    assert (await node.get(node.token))[0] == 200


@pytest.mark.slow
async def test_no_attack_opens_a_socket_by_its_first_message(node):
    for name, attack in ATTACKS.items():
        if name == "huge":
            continue  # longer than any frame may be
        code, closed = await node.refused(attack(node.mint))
        assert (name, code, closed) == (name, "token_expired" if name == "expired" else "unauthorized", 4401)


@pytest.mark.slow
@pytest.mark.parametrize("form", ["plain", "base64"])
async def test_no_attack_opens_a_socket_by_its_subprotocol(node, form):
    for name, attack in ATTACKS.items():
        if name in NO_HEADER | TOO_LONG | NONE:
            continue
        text = attack(node.mint)
        if form == "base64":
            text = urlsafe_b64encode(text.encode()).decode().rstrip("=")
        if not text.isascii() or set(text) & set("=' ,;/") or len(text) > 8_000:
            continue  # no word of a header
        _, closed = await node.refused(text, by="subprotocol")
        assert (name, closed) == (name, 4401)


async def test_a_refresh_token_is_no_access_token(node):
    assert (await node.get(node.refresh_token))[0] == 401
    assert await node.refused(node.refresh_token) == ("unauthorized", 4401)


@pytest.mark.parametrize("form", ["?access_token={}", "?token={}", "?apikey={}", "?ticket={}"])
async def test_a_token_in_the_address_opens_nothing(node, form):
    status, *_ = await node.get("", "/api/v1/session" + form.format(node.token))
    assert status == 401


async def test_after_signing_out_no_token_of_the_session_opens_anything(node):
    tokens = [node.token, node.mint.token(), node.mint.token(jti="later")]
    principal = await node.opened.identity.verify(tokens[0])
    await node.opened.identity.verify(tokens[1])
    await node.opened.people.sign_out(principal, "local", Origin())
    for token in tokens:
        status, _, body = await node.get(token)
        assert (status, json.loads(body)["code"]) == (401, "session_revoked")
        assert await node.refused(token) == ("session_revoked", 4401)


async def test_many_attacks_at_once_hold_up_nobody(node):
    attacks = [attack(node.mint) for name, attack in ATTACKS.items() if name not in NO_HEADER | TOO_LONG]
    flood = [asyncio.create_task(node.get(token)) for token in attacks * 3]
    async with asyncio.timeout(60):
        assert (await node.get(node.token))[0] == 200
        assert {status for status, *_ in await asyncio.gather(*flood)} == {401}
