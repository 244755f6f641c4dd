"""What the registries of channels and commands hold, as a whole: checked at start, and told to the contract."""

from msgspec import Struct

from actors.bridge.access import CHANNELS, OPERATIONS, check_rows
from actors.bridge.channel import channels
from actors.bridge.command import commands
from actors.bridge.wire_messages import CONTROL_MESSAGES


def check_access() -> None:
    """Compare the authorization table with the channels and operations that exist.

    Raises:
        ConfigError: If one has no row, or a row stands for nothing.
    """
    check_rows("channel", CHANNELS, channels)
    check_rows("operation", OPERATIONS, commands)


def message_types() -> tuple[type[Struct], ...]:
    """Return the structs of every message on the wire: the server's, then the clients'."""
    kinds = [channels.get(name) for name in channels]
    rows = [message for kind in kinds for message in (kind.update, kind.snapshot_message)]
    return (*CONTROL_MESSAGES, *rows, *(commands.get(name) for name in commands))
