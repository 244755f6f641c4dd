"""Roles: what they imply, and what is no role."""

import pytest

from actors.auth.roles import FIRST_ADMIN, GIVEN, effective, read_roles, scopes_of
from config.errors import InvalidInputError


@pytest.mark.parametrize(
    ("given", "held"),
    [
        ((), set()),
        (("viewer",), {"viewer"}),
        (("trader",), {"trader", "viewer"}),
        (("admin",), {"admin", "viewer"}),
        (FIRST_ADMIN, {"admin", "trader", "viewer"}),
    ],
)
def test_a_role_implies_looking_and_no_more(given, held):
    assert effective(given) == held


@pytest.mark.parametrize("name", ["public", "person", "Admin", "admin ", "root", "", 7, None, ["admin"], {"admin": 1}])
def test_what_a_token_calls_a_role_and_is_none_gives_nothing(name):
    assert effective([name]) == frozenset()
    assert effective([name, "trader"]) == {"trader", "viewer"}


def test_roles_that_are_given_come_once_and_in_order():
    assert read_roles(["admin", "viewer", "admin"]) == ("viewer", "admin")
    assert read_roles(GIVEN) == GIVEN


@pytest.mark.parametrize("names", [[], ["person"], ["public"], ["trader", "owner"]])
def test_roles_that_cannot_be_given_are_refused(names):
    with pytest.raises(InvalidInputError) as refused:
        read_roles(names)

    assert refused.value.path == "$.roles"


def test_an_api_key_cannot_have_more_than_the_roles_of_its_owner():
    assert scopes_of(("viewer",)) == {"read"}
    assert scopes_of(("trader",)) == {"read", "trade"}
    assert scopes_of(("admin",)) == {"read", "admin"}
    assert scopes_of(()) == frozenset()
