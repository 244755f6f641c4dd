"""What the private channels share: each user hears the own account, and nobody else's."""

from abc import abstractmethod
from typing import ClassVar, override

import msgspec
from msgspec import Struct

from actors.bridge.channel import Channel, Kind
from actors.bridge.context import Context
from actors.bridge.desk import traders_of
from config.errors import NotFoundError, UnknownChannelError


class AccountChannel(Channel):
    """Something of one user's account; its name carries no user, it always means the one who asks."""

    kind: ClassVar[Kind] = "log"
    is_private = True
    about: ClassVar[str]
    """What it tells, in words."""

    def __init__(self, context: Context, params: tuple[str, ...], owner: str) -> None:
        """Refuse parameters, and users without an account."""
        super().__init__(context, params, owner)
        if params:
            raise UnknownChannelError(f"the channel of your {self.about} has no parameters: it is always yours")
        self.traders = traders_of(context)
        try:
            self.traders.trader(owner)
        except NotFoundError as e:
            raise UnknownChannelError(f"there is no trader of yours, so there are no {self.about} either") from e

    @override
    def snapshot(self) -> list[bytes]:
        return [msgspec.json.encode(body) for body in self.bodies()]

    @abstractmethod
    def bodies(self) -> list[Struct]:
        """Return what a client starts from."""
