"""What docs/users.md and docs/botcore.md tell of users is all there is, and the words are the node's."""

import re
from pathlib import Path

import pytest

from actors.bridge.dialects.gotrue import answers, factors, signing_in
from actors.bridge.dialects.gotrue.admin import GotrueMakeUser
from actors.bridge.rest.route import routes

DOCS = Path(__file__).parents[2] / "docs"
GUIDE = (DOCS / "users.md").read_text()
BOTCORE = (DOCS / "botcore.md").read_text()


def named(text):
    """Every `METHOD /path` of a page, without its query."""
    return {f"{verb} {path}" for verb, path in re.findall(r"`(GET|POST|PUT|PATCH|DELETE) (/[^`?\s]*)", text)}


@pytest.mark.parametrize("name", [name for name in routes if routes.get(name).tag in {"users", "sign-in"}])
def test_every_path_of_users_stands_in_the_guide(name):
    assert name in named(GUIDE)


@pytest.mark.parametrize("name", [name for name in routes if " /api/auth/" in name])
def test_every_path_of_the_bot_core_stands_in_its_guide(name):
    assert name in named(BOTCORE)


def test_no_guide_names_a_path_that_is_none():
    assert {name for name in named(GUIDE) | named(BOTCORE) if name not in set(routes)} == set()


def test_every_code_stands_in_the_guide():
    kinds = (factors.GotrueVerifyFactor, signing_in.GotrueSignUp, GotrueMakeUser)
    codes = {code for words in (answers._WORDS, *(kind.words for kind in kinds)) for _, _, code in words}

    assert {code for code in codes if f"`{code}`" not in GUIDE} == set()
