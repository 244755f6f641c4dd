"""What the audit log holds about people, and refusals told there without flooding it."""

import hashlib
from collections.abc import Callable
from typing import Literal

import msgspec
from msgspec import Struct
from prometheus_client import Counter

from actors.auth.texts import shortened
from actors.ports.identity import Origin
from actors.ports.journal import AuditRow

Action = Literal[
    "auth.sign_in",
    "auth.refused",
    "auth.sign_out",
    "auth.session_end",
    "auth.password",
    "auth.profile",
    "auth.factor_add",
    "auth.factor_remove",
    "auth.factor_given",
    "auth.recovery_used",
    "auth.recovery_made",
    "auth.key_add",
    "auth.key_end",
    "auth.sign_up",
    "user.add",
    "user.roles",
    "user.disable",
    "user.enable",
    "user.password",
    "user.email",
    "user.remove",
]
Detail = str | int | bool | list[str] | None
"""What a detail may be: never a password, token, code or key."""
NOBODY = "anonymous"
"""Actor of what was refused before it was known who asks."""
MINUTE_S = 60.0
_refused = Counter("whisperer_auth_refused_total", "Passwords, codes and tries that were refused", ["reason"])
MAX_PLACES = 1000
"""Refusals are told apart by email and address up to so many in a minute; the rest are counted as one."""


def audited(action: Action, actor: str, target: str, origin: Origin, **details: Detail) -> AuditRow:
    """Return the row for something done to `target` by `actor`; the address goes with it."""
    shown = {name: value for name, value in details.items() if value is not None}
    if origin.address:
        shown["address"] = shortened(origin.address, 64)
    text = msgspec.json.encode(shown, order="sorted").decode()
    return AuditRow(actor=actor, action=action, target=target, detail=text, trace_id=origin.trace_id)


class _Place(Struct):
    """Refusals from one place in one minute."""

    target: str
    reason: str
    origin: Origin
    until_s: float
    more: int = 0


class Refusals:
    """Writes the first refusal of a place at once, and after a minute how many more there were."""

    def __init__(self, write: Callable[[AuditRow], None], monotonic: Callable[[], float]) -> None:
        self._write = write
        self._monotonic = monotonic
        self._places: dict[bytes, _Place] = {}

    def note(self, name: str, target: str, reason: str, origin: Origin) -> None:
        """Note one refusal.

        Args:
            name: Of whoever was tried: an email, or a user id.
            target: The user id, "" if there is no such user.
            reason: One word.
            origin: Where it came from.
        """
        _refused.labels(reason).inc()
        key = hashlib.sha256(f"{name}\n{origin.address}".encode("utf-8", "replace")).digest()
        if key not in self._places and len(self._places) >= MAX_PLACES:
            self.tell()
            if len(self._places) >= MAX_PLACES:
                key, target, reason, origin = b"", "", "many", Origin()
        if (place := self._places.get(key)) is not None:
            place.more += 1
            return
        self._places[key] = _Place(target, reason, origin, self._monotonic() + MINUTE_S)
        self._write(audited("auth.refused", NOBODY, target, origin, reason=reason))

    def tell(self, *, is_last: bool = False) -> None:
        """Write how many more there were of each place whose minute is over; `is_last`: of all."""
        now = self._monotonic()
        for key, place in list(self._places.items()):
            if is_last or place.until_s <= now:
                del self._places[key]
                if place.more:
                    self._write(
                        audited(
                            "auth.refused", NOBODY, place.target, place.origin, reason=place.reason, count=place.more
                        )
                    )
