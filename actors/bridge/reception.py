"""One caller at the users of this node: what routes do in somebody's name, and where that comes from."""

import structlog

from actors.bridge.context import Context
from actors.bridge.rest.route import Call, person_of
from actors.ports.identity import Origin, Principal
from actors.ports.people import People, SignOut, User
from config.auth_errors import PendingError
from config.errors import NotFoundError

_AGENT_LENGTH = 256


class Reception:
    """What one call does with users; made for one request."""

    __slots__ = ("_call", "_context")

    def __init__(self, context: Context, call: Call) -> None:
        """Act for whoever sends a call.

        Raises:
            NotFoundError: If this node has no users.
        """
        if context.people is None:
            raise NotFoundError("this node has no users")
        self._context = context
        self._call = call

    @property
    def people(self) -> People:
        """Where it is done."""
        if self._context.people is None:
            raise NotFoundError("this node has no users")
        return self._context.people

    @property
    def principal(self) -> Principal:
        """Who asks.

        Raises:
            UnauthorizedError: If nobody is known.
        """
        return person_of(self._call)

    @property
    def user_id(self) -> str:
        """Of who asks.

        Raises:
            UnauthorizedError: If nobody is known.
        """
        return self.principal.user_id

    def past_second_factor(self) -> Principal:
        """Return who asks, who may also wait for nothing but another password.

        Raises:
            UnauthorizedError: If nobody is known.
            PendingError: If the session's second factor was not given: a password alone changes nothing.
        """
        principal = self.principal
        if principal.pending == "second_factor":
            raise PendingError("the second factor must be given first")
        return principal

    def leaving(self, which: SignOut) -> Principal:
        """Return who signs out; more than this session ends only with the second factor given.

        Raises:
            UnauthorizedError: If nobody is known.
            PendingError: If it was not.
        """
        return self.principal if which == "local" else self.past_second_factor()

    @property
    def origin(self) -> Origin:
        """Where the call comes from."""
        return Origin(
            address=self._call.peer,
            user_agent=self._call.headers.get("User-Agent", "")[:_AGENT_LENGTH],
            trace_id=str(structlog.contextvars.get_contextvars().get("trace_id", "")),
        )

    def me(self) -> User:
        """Return who asks as a user.

        Raises:
            UnauthorizedError: If nobody is known.
            NotFoundError: If the user was removed.
        """
        return self.people.user(self.user_id)

    def somebody(self) -> User:
        """Return the user of the path's `{user_id}`.

        Raises:
            NotFoundError: If there is none.
        """
        return self.people.user(self._call.path["user_id"])
