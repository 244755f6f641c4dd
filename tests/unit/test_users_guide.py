"""The guide to users tells of every audited action, every role and every setting."""

from pathlib import Path
from typing import get_args

import msgspec

from actors.auth.audited import Action
from actors.auth.roles import GIVEN
from config.auth import AuthSection

GUIDE = (Path(__file__).parents[2] / "docs" / "users.md").read_text(encoding="utf-8")


def test_every_action_is_told_of():
    assert [action for action in get_args(Action) if f"`{action}`" not in GUIDE] == []


def test_every_role_is_told_of():
    assert [role for role in GIVEN if f"`{role}`" not in GUIDE] == []


def test_every_default_that_the_guide_names_is_the_real_one():
    fields = {field.name: field.default for field in msgspec.structs.fields(AuthSection)}
    named = {"access_min": "15", "idle_min": "60", "session_days": "30", "long_token_h": "24"}
    named |= {"max_sessions_per_user": "10", "max_api_keys_per_user": "20", "password_min_length": "12"}
    named |= {"failures_free": "5", "failures_per_address": "50"}
    for name, text in named.items():
        assert float(text) == fields[name]
        assert f"`auth.{name}`" in GUIDE
        assert f"({text}" in GUIDE or f"= {text}" in GUIDE, name
