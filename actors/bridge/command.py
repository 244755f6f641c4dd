"""What a client command is: a tagged struct that knows how to run itself."""

from abc import abstractmethod
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, ClassVar

from msgspec import Struct

from actors.bridge.wire_messages import Ack, OperationId, ServerMessage
from config.errors import NodeError
from config.registry import Registry

if TYPE_CHECKING:
    from actors.bridge.session import Session


class Command(Struct, frozen=True, kw_only=True, tag_field="op"):
    """One operation of a client; its tag is its name on the wire, its role a row of `access.OPERATIONS`."""

    reply: ClassVar[type[ServerMessage]] = Ack
    """The answer when it was done, for the contract."""
    id: OperationId | None = None
    """Echoed in the answer."""

    @abstractmethod
    async def run(self, session: "Session") -> ServerMessage | None:
        """Do it and return the answer; None when the answer has been sent already.

        Raises:
            NodeError: Refused as a whole; its code goes to the client.
        """


@contextmanager
def part(name: str) -> Iterator[None]:
    """Have the place of what is refused in the block told as one in this part of the message: `$.price` in `order`."""
    try:
        yield
    except NodeError as e:
        if e.path is not None:
            e.path = f"$.{name}{e.path.removeprefix('$')}"
        raise


commands: Registry[Command] = Registry("command", "actors.bridge.commands", "whisperer.commands")
"""Operation -> command."""
