"""Access tokens: JSON Web Tokens with the claims of GoTrue, so that its clients and its verifiers read ours too."""

import json
import math
import uuid

from jwt import PyJWS

from actors.auth.signing import ALGORITHM, SigningKeys
from actors.ports.person_rows import SessionRow, UserRow

AUDIENCE = "authenticated"
PROFILE_BYTES = 2_048
"""A larger `user_metadata` is left out of the token, which travels with every request; `GET /user` has it."""


class Tokens:
    """Gives out access tokens."""

    def __init__(self, keys: SigningKeys, issuer: str) -> None:
        self._keys = keys
        self._jws = PyJWS()
        self.issuer = issuer
        """The claim `iss`: where the public keys are found, under `/.well-known/jwks.json`."""

    def issue(
        self, user: UserRow, session: SessionRow, *, now_ms: int, lifetime_s: float, plain_atob: bool = False
    ) -> tuple[str, int]:
        """Return a token and the UNIX milliseconds at which it ends, at the latest with its session.

        Args:
            user: Whose; the roles in it are for others to read, we look at the user itself.
            session: Of which session.
            now_ms: UNIX milliseconds.
            lifetime_s: How long it lives.
            plain_atob: Whether a page must be able to read it with `atob` alone: no `-` and no `_` in its payload.
        """
        issued = now_ms // 1_000
        ends = min(issued + math.ceil(lifetime_s), session.until_ms // 1_000)
        payload = _compact(self._claims(user, session, issued, ends))
        key = self._keys.current
        token = self._jws.encode(
            (_plain(payload) if plain_atob else payload).encode("ascii"),
            key.private,
            algorithm=ALGORITHM,
            headers={"kid": key.kid},
        )
        return token, ends * 1_000

    def _claims(self, user: UserRow, session: SessionRow, issued: int, ends: int) -> dict[str, object]:
        signed_in = session.created_ms // 1_000
        methods = ["totp", "password"] if session.is_verified else ["password"]
        return {
            "iss": self.issuer,
            "sub": user.user_id,
            "aud": AUDIENCE,
            "exp": ends,
            "iat": issued,
            "email": user.email,
            "phone": "",
            "app_metadata": {"provider": "email", "providers": ["email"], "roles": list(user.roles)},
            "user_metadata": user.profile if len(_compact(user.profile)) <= PROFILE_BYTES else {},
            "role": "authenticated",
            "aal": "aal2" if session.is_verified else "aal1",
            "amr": [{"method": method, "timestamp": signed_in} for method in methods],
            "session_id": session.session_id,
            "is_anonymous": False,
            "jti": str(uuid.uuid4()),
        }


def _compact(value: object) -> str:
    """Return JSON in ASCII: a token's payload must be readable by programs that know no other text."""
    return json.dumps(value, separators=(",", ":"), ensure_ascii=True)


def _plain(payload: str) -> str:
    r"""Return JSON of the same meaning whose base64 has neither `-` nor `_`.

    Six bits of ASCII are 62 or 63 only at the end of `>`, `?` and `~`; JSON has these in texts only, where `\u003e` is
    the same.
    """
    return payload.replace(">", "\\u003e").replace("?", "\\u003f").replace("~", "\\u007e")
