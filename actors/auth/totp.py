"""Second factor: codes of an authenticator app (TOTP, RFC 6238), and recovery codes for when the phone is gone."""

import hmac
import re
import secrets
from collections.abc import Sequence

import pyotp

STEP_S = 30
AROUND = 1
"""Steps before and after the present one whose codes count: clocks differ."""
RECOVERY_CODES = 10
_CODE = re.compile(r"[0-9]{6}", re.ASCII)
_RECOVERY = re.compile(r"[a-z2-9]{10}", re.ASCII)
_RECOVERY_CHARACTERS = "abcdefghjkmnpqrstuvwxyz23456789"
"""Without those that look like others."""
_HALF = 5


def new_secret() -> str:
    """Return a secret for an authenticator app: base32 of 160 random bits."""
    return pyotp.random_base32()


def uri(secret: str, *, account: str, issuer: str) -> str:
    """Return `otpauth://…` for a QR code; `account` is the email, `issuer` the name that the app shows."""
    return pyotp.TOTP(secret, interval=STEP_S).provisioning_uri(name=account, issuer_name=issuer)


def matched_step(secret: str, code: str, *, now_s: float, used_step: int) -> int | None:
    """Return the time step that a code is of, to be kept as used; None when it is wrong or was used.

    Args:
        secret: Base32.
        code: Six digits, as typed.
        now_s: UNIX seconds.
        used_step: The newest step whose code was taken: it and those before it count no more.
    """
    typed = _typed(code)
    if _CODE.fullmatch(typed) is None:
        return None
    generator, present = pyotp.TOTP(secret, interval=STEP_S), int(now_s) // STEP_S
    found = None
    for step in range(present - AROUND, present + AROUND + 1):
        if hmac.compare_digest(generator.at(step * STEP_S), typed) and step > used_step:
            found = step
    return found


def new_recovery_codes(secret: str) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """Return ten recovery codes, `xxxxx-xxxxx`, shown once, and what is kept of them, in the same order."""
    codes = tuple(_new_recovery_code() for _ in range(RECOVERY_CODES))
    return codes, tuple(_hash(secret, _typed(code)) for code in codes)


def spend_recovery_code(secret: str, code: str, kept: Sequence[str]) -> tuple[str, ...] | None:
    """Return what is left of the kept hashes once a recovery code was used; None when it is none of them."""
    typed = _typed(code).lower()
    if _RECOVERY.fullmatch(typed) is None:
        return None
    digest = _hash(secret, typed)
    left = tuple([one for one in kept if not hmac.compare_digest(one, digest)])
    return left if len(left) < len(kept) else None


def _typed(code: str) -> str:
    """Return a code without what people put between its halves."""
    return code.replace(" ", "").replace("-", "")


def _new_recovery_code() -> str:
    halves = ("".join(secrets.choice(_RECOVERY_CHARACTERS) for _ in range(_HALF)) for _ in range(2))
    return "-".join(halves)


def _hash(secret: str, typed: str) -> str:
    """Return a hash that nobody can try codes against without the secret, which is sealed."""
    return hmac.digest(secret.encode(), b"recovery code\0" + typed.encode(), "sha256").hex()
