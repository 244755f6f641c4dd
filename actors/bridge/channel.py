"""What a channel is: where the rows of one WebSocket channel come from; numbering and delivery are the hub's."""

from abc import ABC, abstractmethod
from typing import ClassVar, Literal

from actors.bridge.context import Context
from actors.bridge.wire_messages import Snapshot, Update
from config.errors import UnknownChannelError, UnknownPluginError
from config.registry import Registry

Kind = Literal["log", "latest", "mixed"]
PUBLIC = ""
"""Owner of what is the same for everybody; a private channel's owner is its user."""


class Channel(ABC):
    """The source of one channel of one owner, made when somebody first asks for it and kept from then on."""

    kind: ClassVar[Kind]
    """`log`: every row is sent; `latest`: the newest value is; `mixed`: a log whose next row shows while it grows."""
    is_private: ClassVar[bool] = False
    """Whether each user has an own one."""
    is_polled: ClassVar[bool] = False
    """Whether `newest` is asked about once a second, besides when somebody says that it changed."""
    ring_size: ClassVar[int] = 1_000
    """Log rows kept for those who come back; the configuration may ask for more."""
    forms: ClassVar[tuple[str, ...]] = ()
    """How its names look, for the contract: `bars:{instrument_id}:{interval}`; none: the first part alone."""
    update: ClassVar[type[Update]]
    """Its message on the wire."""
    snapshot_message: ClassVar[type[Snapshot]]

    def __init__(self, context: Context, params: tuple[str, ...], owner: str) -> None:
        """Check what follows the first colon of the name.

        Raises:
            NodeError: If there is no such channel.
        """
        self.context = context
        self.params = params
        self.owner = owner

    @classmethod
    def canonical(cls, context: Context, params: tuple[str, ...]) -> tuple[str, ...]:  # noqa: ARG003  # of most
        """Return the one way to write what follows the first colon: names of one meaning are one channel.

        Raises:
            NodeError: If there is no such channel.
        """
        return params

    def start(self) -> None:  # noqa: B027  # most channels have nothing to load
        """Begin to load what is needed; called when the first subscriber comes, and when one comes after `stop`."""

    def stop(self) -> None:  # noqa: B027  # most channels hold nothing
        """Let go of what is needed for subscribers only; called when the last one has gone."""

    def restarted(self) -> None:  # noqa: B027  # nor anything to remember
        """Note that numbering has begun anew: a snapshot follows, of everything that there is now."""

    def is_ready(self) -> bool:
        """Return whether `snapshot` can be asked; until then subscribers wait for it."""
        return True

    def has_source(self) -> bool:
        """Return whether anything can ever come; a channel of what the source does not have is empty, and says so."""
        return True

    def take(self) -> list[bytes] | None:
        """Return the encoded rows that came since the last call, oldest first, unless somebody publishes them.

        Returns:
            Nothing before the first snapshot, which holds them. None when rows were lost: numbering begins anew.
        """
        return []

    @abstractmethod
    def snapshot(self) -> list[bytes]:
        """Return the encoded items that a client starts from, oldest first, agreeing with the rows published."""

    def newest(self) -> bytes | None:
        """Return the encoded latest value, or the row that grows; None when there is none."""
        return None


channels: Registry[Channel] = Registry("channel", "actors.bridge.channels", "whisperer.channels")
"""First part of the name -> channel."""


def split_name(name: str, registry: Registry[Channel] = channels) -> tuple[type[Channel], tuple[str, ...]]:
    """Return the class and the parameters of `kind:param:param`.

    Raises:
        UnknownChannelError: If there is no such kind.
    """
    kind, *params = name.split(":")
    try:
        return registry.get(kind), tuple(params)
    except UnknownPluginError:
        known = ", ".join(registry)
        raise UnknownChannelError(f"channel must begin with one of {known}, was {name[:80]!r}") from None
