"""API keys: their form, and that a digest is all that is kept."""

import re

import pytest

from actors.auth import api_key


def test_a_key_is_known_by_its_digest_alone():
    made, other = api_key.make(), api_key.make()

    assert re.fullmatch(r"wk_[a-z0-9]{12}_[A-Za-z0-9_-]{43}", made.text)
    assert api_key.parse(made.text) == made.key_id
    assert api_key.matches(made.text, made.digest)
    assert not api_key.matches(other.text, made.digest)
    assert made.text not in made.digest


def test_the_id_alone_opens_nothing():
    made = api_key.make()
    guessed = f"wk_{made.key_id}_{'A' * 43}"

    assert api_key.parse(guessed) == made.key_id
    assert not api_key.matches(guessed, made.digest)
    assert not api_key.matches(made.text[:-1], made.digest)


def test_no_two_keys_are_alike():
    made = [api_key.make() for _ in range(200)]

    assert len({key.key_id for key in made}) == len({key.text for key in made}) == 200


@pytest.mark.parametrize(
    "text",
    [
        "",
        "wk_",
        "wk_abcdefghijkl",
        "wk_abcdefghijkl_",
        "wk_ABCDEFGHIJKL_" + "A" * 43,
        "wk_abcdefghijkl_" + "A" * 42,
        "wk_abcdefghijkl_" + "A" * 44,
        "wk_abcdefghijkl_" + "A" * 43 + "\n",
        "xx_abcdefghijkl_" + "A" * 43,
        "wk_abcdefghijkl_" + "é" * 43,
        "eyJhbGciOiJFUzI1NiJ9.e30.c2ln",
        "\ud800",
    ],
)
def test_what_is_no_key_is_none_and_breaks_nothing(text):
    assert api_key.parse(text) is None
    assert not api_key.matches(text, api_key.make().digest)


def test_a_key_does_not_show_in_a_repr():
    made = api_key.make()

    assert made.text not in repr(made)
    assert made.digest not in repr(made)
