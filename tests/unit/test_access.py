import pytest

from actors.bridge.access import check_rows
from actors.ports.identity import LOCAL, Principal
from config.errors import ConfigError, ForbiddenError

VIEWER = Principal(user_id="anna", roles=frozenset({"viewer"}))


def test_a_held_role_passes_and_another_is_forbidden():
    VIEWER.require("viewer")
    with pytest.raises(ForbiddenError, match="admin"):
        VIEWER.require("admin")


def test_public_needs_nothing():
    Principal(user_id="nobody", roles=frozenset()).require("public")


@pytest.mark.parametrize("role", ["public", "viewer", "trader", "admin"])
def test_the_local_principal_holds_every_role(role):
    LOCAL.require(role)


def test_a_table_that_fits_passes():
    check_rows("route", {"GET /a": "public"}, ["GET /a"])


def test_what_has_no_row_is_named():
    with pytest.raises(ConfigError, match=r"route without a row in .*: GET /b$"):
        check_rows("route", {"GET /a": "public"}, ["GET /a", "GET /b"])


def test_a_row_for_nothing_is_named():
    with pytest.raises(ConfigError, match=r"row in .* without a route: GET /b$"):
        check_rows("route", {"GET /a": "public", "GET /b": "public"}, ["GET /a"])
