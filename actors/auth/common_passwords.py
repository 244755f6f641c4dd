"""Passwords that everybody tries first, and what people make of them to please a rule."""

import re

_WORDS = frozenset(
    (  # noqa: SIM905  # a hundred words are read more easily so
        "password passwort passw0rd p@ssword p@ssw0rd pa$$word pass motdepasse contrasena senha parola admin "
        "administrator root master superuser user guest test testing demo default changeme change letmein welcome "
        "secret login access hello iloveyou qwerty qwertyuiop qwertz qwertzuiop azerty azertyuiop asdfgh asdfghjkl "
        "zxcvbnm qwerty1234 1q2w3e4r 1q2w3e4r5t 1qaz2wsx q1w2e3r4 abcdef abcdefgh abcdefghijkl abc dragon monkey "
        "football baseball superman batman sunshine princess shadow michael jordan starwars pokemon freedom whatever "
        "trustno bitcoin ethereum crypto trading trader whisperer binance satoshi hodl tothemoon moon money"
    ).split()
)
_AFFIXES = re.compile(r"\A[\W\d_]+|[\W\d_]+\Z")
_RUNS = ("01234567890123456789", "98765432109876543210", "abcdefghijklmnopqrstuvwxyz", "qwertyuiopasdfghjklzxcvbnm")
_LOOKALIKES = str.maketrans("@430!1$5+7", "aaeoiisstt")


def is_common(text: str) -> bool:
    """Return whether a password is one of the commonest.

    That is a word of the list, also with digits or signs around or in it, or twice; digits alone; or a run of keys.
    """
    folded = text.casefold()
    bare = _AFFIXES.sub("", folded)
    forms = {folded, bare, _AFFIXES.sub("", folded.translate(_LOOKALIKES)), bare.translate(_LOOKALIKES)}
    return folded.isdigit() or any(_once(form) in _WORDS for form in forms) or any(folded in run for run in _RUNS)


def _once(text: str) -> str:
    """Return what a text repeats, else the text."""
    for size in range(1, len(text) // 2 + 1):
        if len(text) % size == 0 and text[:size] * (len(text) // size) == text:
            return text[:size]
    return text
