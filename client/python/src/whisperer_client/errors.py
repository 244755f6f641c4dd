"""What can go wrong, each with a `code` for programs; those of the node are the codes of its contract."""

from collections.abc import Mapping
from typing import Any


class ClientError(Exception):
    """Base of everything that this package raises by itself."""

    code: str = "client"
    """What a program should look at; the text is for people."""


class NotConnectedError(ClientError):
    """Nobody answers there, or no more, and patience is at its end."""

    code = "not_connected"


class ClosedError(ClientError):
    """The node closed the connection for good: coming back with the same would not help."""

    code = "closed"

    def __init__(self, close_code: int, reason: str) -> None:
        super().__init__(f"closed by the node with {close_code}{f': {reason}' if reason else ''}")
        self.close_code = close_code


class ProtocolError(ClientError):
    """What came is not of the contract."""

    code = "protocol"


class GapError(ClientError):
    """Something is missing before the next item, and could not be had any more.

    It is raised once, between the last item before the gap and the first one after it: iteration may go on.
    """

    code = "gap"

    def __init__(self, channel: str, reason: str) -> None:
        super().__init__(f"{channel}: {reason}")
        self.channel = channel
        self.reason = reason


class RewoundError(GapError):
    """Market time has gone back, as when a replay jumps or loops: what follows begins anew, items may come again."""

    code = "rewound"


class NoSourceError(ClientError):
    """The node's source does not have what was asked for: nothing would ever come."""

    code = "not_found"


class RefusedError(ClientError):
    """The node refused an operation of the WebSocket; `code` is the node's."""

    def __init__(self, code: str, message: str, *, is_retryable: bool = False) -> None:
        super().__init__(f"{code}: {message}")
        self.code = code
        self.is_retryable = is_retryable


class ApiError(ClientError):
    """The node refused a request; `code` is the node's, `problem` the whole of what it said."""

    def __init__(self, status: int, problem: Mapping[str, Any], *, retry_after_s: float | None = None) -> None:
        self.code = str(problem.get("code", "internal"))
        super().__init__(f"{self.code}: {problem.get('detail') or problem.get('title') or f'status {status}'}")
        self.status = status
        self.problem = problem
        self.retry_after_s = retry_after_s
        """Seconds after which the same may succeed; None: it will not without a change, or nobody knows."""

    @property
    def is_retryable(self) -> bool:
        """Whether the same request may succeed later without a change."""
        return self.status in {429, 502, 503, 504}
