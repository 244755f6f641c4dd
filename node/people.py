"""Opens the users of a node and what they stand on; as long as the process lives."""

from collections.abc import Awaitable, Callable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, TextIO

import msgspec
import structlog
from msgspec.structs import replace

from actors.auth.open import OpenIdentity
from actors.ports.identity import LOCAL, Identity
from actors.ports.journal import AuditRow, HandoverRow, NodeRow
from actors.ports.people import People, User
from actors.store.journal import SqliteJournal
from actors.store.opening import FILE_NAME
from config.schema import NodeConfig
from config.trading import TraderSection
from node.control import Control
from node.trading.deadman import PREFIX
from node.user_traders import UserTraders

if TYPE_CHECKING:
    from actors.auth.actor import Due
    from actors.auth.opening import OpenPeople
    from node.traders import NodeTraders

log = structlog.get_logger(__name__)


async def _nothing() -> None:
    """Do nothing."""


class OpenUsers:
    """The users of a node, and the journal; without users the journal alone."""

    def __init__(
        self,
        config: NodeConfig,
        state_dir: Path,
        journal: SqliteJournal | None,
        *,
        identity: Identity | None = None,
        people: People | None = None,
        first_password: str | None = None,
        close: Callable[[], Awaitable[None]] = _nothing,
        upkeep: "Due | None" = None,
    ) -> None:
        """Hold them together.

        Args:
            config: Of the node; `[[strategies]]` belong to a trader in it.
            state_dir: Its folder of run-time state.
            journal: None: this node keeps none.
            identity: Finds out who is asking; None: nobody signs in.
            people: The users; None: there are none.
            first_password: Of the admin that was just made.
            close: Awaited before the journal is closed.
            upkeep: What has to be done about them from time to time.
        """
        self.config = config
        self.state_dir = state_dir
        self.journal = journal
        self.identity: Identity = identity or OpenIdentity()
        self.people = people
        self.first_password = first_password
        self.upkeep = upkeep
        self._close = close
        self._control = None if people is None else Control(state_dir, people)
        self._traders: UserTraders | None = None

    def attach(self, traders: "NodeTraders") -> None:
        """Have users' traders opened and halted as the users change."""
        if self.people is not None:
            self._traders = UserTraders(traders, self.people, [section.name for section in self.config.traders])
            self.people.listen(self._traders)

    async def start(self) -> None:
        """Open the door for `run_node.py user`."""
        if self._control is not None:
            await self._control.start()

    async def open_traders(self) -> None:
        """Give everybody who may trade a trader; before the first engine."""
        if self._traders is not None:
            await self._traders.open()

    async def stop(self) -> None:
        """Close the door, and the journal when everything is in it."""
        if self._control is not None:
            await self._control.stop()
        await self._close()
        if self.journal is not None:
            await self.journal.close()


def open_journal(config: NodeConfig, state_dir: Path) -> SqliteJournal:
    """Open the journal of a node, made if there is none.

    Raises:
        ConfigError: If it cannot be used.
    """
    return SqliteJournal.open(state_dir / FILE_NAME, config.node.name, config.store)


def nobody(config: NodeConfig, state_dir: Path) -> OpenUsers:
    """Open the journal of a node without users, if it takes orders.

    Raises:
        ConfigError: If it cannot be used.
    """
    return OpenUsers(config, state_dir, open_journal(config, state_dir) if config.features.order_execution else None)


async def open_users(config: NodeConfig, state_dir: Path) -> OpenUsers:
    """Open journal and users; a first start makes an admin, whose are the books of the time before there were users.

    Raises:
        ConfigError: If journal or master keys cannot be used.
    """
    if config.auth.mode == "off":
        return nobody(config, state_dir)
    journal = open_journal(config, state_dir)
    try:
        opened = await _opened(config, journal, state_dir)
        admin = first_admin(opened.people.users())
        if admin is not None:
            await hand_over_local(journal, admin.user_id, config)
    except BaseException:
        await journal.close()
        raise
    return OpenUsers(
        with_owner(config, admin),
        state_dir,
        journal,
        identity=opened.identity,
        people=opened.people,
        first_password=opened.first_password,
        close=opened.close,
        upkeep=opened.upkeep,
    )


async def _opened(config: NodeConfig, journal: SqliteJournal, state_dir: Path) -> "OpenPeople":
    """Return the users of whoever issues their tokens; its libraries are imported only where there are users."""
    if config.auth.mode == "supabase":
        from adapters.supabase.opening import open_supabase  # noqa: PLC0415

        return await open_supabase(config, journal)
    from actors.auth.opening import open_people  # noqa: PLC0415

    return await open_people(config, journal, state_dir)


def tell_first_password(users: OpenUsers, stream: TextIO) -> None:
    """Show the password of an admin that was just made, this one time; it goes into no log."""
    password, users.first_password = users.first_password, None
    if password is None:
        return
    email = users.config.auth.first_admin
    logs = users.config.log
    note = "shown once; it must be changed at the first sign-in"
    if logs.format == "console" or (logs.format == "auto" and stream.isatty()):
        line = f"\n  The first admin is {email}, password {password}  ({note})\n"
    else:
        event = {"event": "first_admin", "email": email, "password": password, "note": note}
        line = msgspec.json.encode(event).decode()
    stream.write(f"{line}\n")
    stream.flush()


def first_admin(users: Sequence[User]) -> User | None:
    """Return who has been admin for longest."""
    return min((user for user in users if "admin" in user.roles), key=lambda user: user.created_ms, default=None)


def with_owner(config: NodeConfig, admin: User | None) -> NodeConfig:
    """Return the configuration with `[[strategies]]` as the first admin's."""
    if not config.strategies:
        return config
    if admin is None or "trader" not in admin.roles:
        log.warning("strategies_without_owner", strategies=[one.name for one in config.strategies])
        return config
    mine = TraderSection(name=admin.user_id, strategies=config.strategies)
    return replace(config, traders=(*config.traders, mine))


async def hand_over_local(journal: SqliteJournal, admin_id: str, config: NodeConfig) -> bool:
    """Make the local trader's books the first admin's, who has none yet; return whether there was something to do."""
    recorded = journal.load(most=0)  # no fills: there may be years of them
    known = {row.user_id for row in recorded.traders}
    if LOCAL.user_id not in known or admin_id in known or LOCAL.user_id in {section.name for section in config.traders}:
        return False
    switches = [
        NodeRow(name=PREFIX + admin_id, value=recorded.node.get(PREFIX + LOCAL.user_id, "")),
        NodeRow(name=PREFIX + LOCAL.user_id, value=""),
    ]
    audit = AuditRow(actor="node", action="trader.handover", target=admin_id, detail=f'{{"from":"{LOCAL.user_id}"}}')
    await journal.durable(HandoverRow(from_user=LOCAL.user_id, to_user=admin_id), *switches, audit)
    log.info("books_handed_over", to=admin_id)
    return True
