"""What the audit log says of people, and that no secret is in it or anywhere else."""

import msgspec
import pytest

from actors.auth.audited import MAX_PLACES, Refusals, audited
from actors.ports.identity import Origin
from config.auth_errors import CredentialsError
from config.errors import NodeError
from tests.people_world import ADMIN, CAFE, EVIL, HOME, PASSWORD, people_in


@pytest.fixture
async def world(tmp_path):
    async with people_in(tmp_path) as world:
        yield world


async def test_the_trail_of_a_user_tells_what_was_done_by_and_to_the_user(world):
    principal, signed_in = await world.member()
    user_id = principal.user_id
    app, codes = await world.with_factor(principal)
    key, _ = await world.people.make_api_key(user_id, "bot", ["read"], None, HOME)
    await world.people.end_api_key(user_id, key.key_id, HOME, actor=user_id)
    await world.people.change_password(principal, PASSWORD, "a quite different sentence", HOME)
    await world.people.set_roles(user_id, ["trader", "viewer"], CAFE, actor="an-admin")
    await world.people.sign_out(principal, "local", HOME)
    await world.people.set_disabled(user_id, CAFE, is_disabled=True, actor="an-admin")
    await world.people.set_disabled(user_id, CAFE, is_disabled=False, actor="an-admin")
    waiting = await world.who(await world.enter(password="a quite different sentence"))
    await world.people.verify_factor(waiting, app.factor_id, codes[0], HOME)

    trail = await world.audit(user_id=user_id)

    assert [(action, actor) for action, actor, _, _ in trail] == [
        ("user.add", "node"),
        ("auth.sign_in", user_id),
        ("auth.factor_add", user_id),
        ("auth.key_add", user_id),
        ("auth.key_end", user_id),
        ("auth.password", user_id),
        ("user.roles", "an-admin"),
        ("auth.sign_out", user_id),
        ("user.disable", "an-admin"),
        ("user.enable", "an-admin"),
        ("auth.sign_in", user_id),
        ("auth.recovery_used", user_id),
    ]
    assert all(target == user_id for _, _, target, _ in trail)
    assert trail[1][3] == {"session": signed_in.session_id, "address": HOME.address}
    assert trail[6][3] == {"was": ["trader"], "roles": ["viewer", "trader"], "address": CAFE.address}
    assert trail[11][3]["left"] == 9


async def test_a_refusal_stands_in_the_trail_of_whom_it_concerns_once_a_minute_with_a_count(world):
    user = await world.add()
    for _ in range(4):
        with pytest.raises(CredentialsError):
            await world.enter(password="wrong password of mine", origin=EVIL)
        with pytest.raises(CredentialsError):
            await world.enter("nobody@example.org", origin=CAFE)
    world.clock.pass_s(61)
    await world.upkeep.turn()

    refused = await world.audit(action="auth.refused")

    assert all(actor == "anonymous" for _, actor, _, _ in refused)
    mine = [detail for _, _, target, detail in refused if target == user.user_id]
    assert mine == [
        {"reason": "credentials", "address": EVIL.address},
        {"reason": "credentials", "address": EVIL.address, "count": 3},
    ]
    assert [detail.get("count", 1) for _, _, target, detail in refused if not target] == [1, 3]
    assert "nobody@example.org" not in repr(refused)


async def test_a_stolen_refresh_token_stands_in_the_trail(world):
    principal, first = await world.member()
    second = await world.people.refresh(first.refresh_token, HOME)
    await world.people.refresh(second.refresh_token, HOME)
    world.clock.pass_s(60)
    with pytest.raises(NodeError):
        await world.people.refresh(first.refresh_token, EVIL)
    (action, _, target, detail), refused = (await world.audit())[-2:]
    assert (refused[0], refused[3]["reason"]) == ("auth.refused", "refresh_token_already_used")
    assert (action, target, detail["reason"]) == ("auth.session_end", principal.user_id, "reused")
    assert detail["address"] == EVIL.address


def test_a_flood_of_refusals_is_told_in_a_bounded_number_of_rows():
    rows, now = [], [0.0]
    refusals = Refusals(rows.append, lambda: now[0])
    for number in range(5 * MAX_PLACES):
        refusals.note("", "", "credentials", Origin(address=f"2001:db8::{number:x}"))
    assert len(rows) == MAX_PLACES + 1
    now[0] = 61.0
    refusals.tell()
    counted = [msgspec.json.decode(row.detail).get("count", 1) for row in rows]
    assert sum(counted) == 5 * MAX_PLACES


@pytest.mark.parametrize("address", ["\udcff\udcfe", "x" * 500, "\x00"])
def test_an_odd_address_can_be_written_down(address):
    row = audited("auth.refused", "anonymous", "", Origin(address=address), reason="credentials")
    assert len(msgspec.json.decode(row.detail)["address"]) <= 64


async def test_a_hostile_user_agent_keeps_nobody_from_signing_in(world):
    origin = Origin(address="192.0.2.1", user_agent="\udcff\x00" * 500)
    signed_in = await world.enter(ADMIN, world.first_password, origin)
    assert len(world.people.sessions(signed_in.user.user_id)[0].user_agent) <= 256


async def test_no_secret_is_on_the_disk_in_the_audit_or_in_a_repr(world, tmp_path):
    principal, first = await world.member()
    app, codes = await world.with_factor(principal)
    _, text = await world.people.make_api_key(principal.user_id, "bot", ["read"], None, HOME)
    refreshed = await world.people.refresh(first.refresh_token, HOME)
    made = await world.people.reset_password(principal.user_id, None, HOME, actor="an-admin")
    await world.restart()
    secrets = [PASSWORD, made, world.first_password, text[16:], *codes, app._totp.secret]
    secrets += [first.refresh_token, first.access_token, refreshed.access_token, refreshed.refresh_token]
    files = [path.read_bytes() for path in tmp_path.glob("journal.db*")]
    shown = repr([first, refreshed, principal, world.opened, await world.audit()])
    for secret in secrets:
        assert all(secret.encode() not in file for file in files)
        assert secret not in shown
