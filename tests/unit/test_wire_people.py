import msgspec
import pytest

from actors.bridge.rest.route import routes
from actors.ports import AuditEntry
from actors.wire_people import Hidden, audit_body

ANNA = "11111111-1111-4111-8111-111111111111"
BOB = "22222222-2222-4222-8222-222222222222"
SECRETS = {"password", "current_password", "new_password", "token", "access_token", "refresh_token", "secret"}
SECRETS |= {"recovery_codes", "text", "totp", "challenge_id"}
STRUCTS = {
    kind
    for name in routes
    for kind in (routes.get(name).body, routes.get(name).reply)
    if isinstance(kind, type) and SECRETS & set(kind.__struct_fields__)
}


@pytest.mark.parametrize("kind", sorted(STRUCTS, key=lambda kind: kind.__name__), ids=lambda kind: kind.__name__)
def test_what_holds_a_secret_does_not_show_it(kind):
    assert issubclass(kind, Hidden)


def entry(**changes):
    base = {"seq": 7, "ts": 5_000_000_000, "user_id": ANNA, "actor": BOB, "action": "user.roles", "target": ANNA}
    return AuditEntry(**(base | {"detail": '{"roles":["viewer"]}', "trace_id": "t"} | changes))


def test_other_users_are_not_told_but_parts_of_the_node_are():
    emails = {ANNA: "anna@example.com"}

    by_bob = audit_body(entry(), emails, are_others_told=False)
    by_node = audit_body(entry(actor="node", target="ETH-USDT.SIM"), emails, are_others_told=False)

    assert (by_bob.actor, by_bob.actor_email, by_bob.target_email) == ("other", "", "anna@example.com")
    assert (by_node.actor, by_node.target, by_node.target_email) == ("node", "ETH-USDT.SIM", "")
    assert (by_bob.ts, by_bob.detail) == (5_000, {"roles": ["viewer"]})


def test_where_another_user_was_is_not_told_where_a_stranger_was_is():
    told = '{"address":"203.0.113.9","reason":"credentials"}'

    by_bob = audit_body(entry(detail=told), {}, are_others_told=False)
    by_stranger = audit_body(entry(actor="anonymous", detail=told), {}, are_others_told=False)

    assert by_bob.detail == {"reason": "credentials"}
    assert by_stranger.detail["address"] == "203.0.113.9"


def test_admins_are_told_also_of_users_that_are_gone():
    assert audit_body(entry(), {}, are_others_told=True).actor == BOB


def test_a_row_without_detail_has_none():
    assert msgspec.to_builtins(audit_body(entry(detail=""), {}, are_others_told=True))["detail"] == {}
