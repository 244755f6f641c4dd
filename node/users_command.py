"""Users from the command line: through the node that runs, or on its journal while none does."""

import argparse
import asyncio
import sys
import time
from contextlib import ExitStack, suppress
from pathlib import Path

import msgspec

from actors.ports.people import User
from config.errors import ConfigError, NoCapacityError
from config.schema import LogSection, NodeConfig
from node.control import NobodyAnswersError, ask
from node.logs import configure_logs
from node.people import OpenUsers, open_users, tell_first_password
from node.state import StateFolder
from node.trading.slots import Slots
from node.user_requests import (
    AddUser,
    ListUsers,
    Outcome,
    RemoveUser,
    SetDisabled,
    SetPassword,
    SetRoles,
    UserRequest,
    answered,
)
from node.user_traders import may_trade

PATIENCE_S = 30.0
"""How long to wait for whoever holds the state folder to answer, or to let go of it."""
_RETRY_S = 0.05


def users_command(config: NodeConfig, options: argparse.Namespace) -> int:
    """Do what the options say; return the exit code.

    Raises:
        ConfigError: If it cannot be done; says why.
    """
    if config.auth.mode == "off":
        raise ConfigError("auth.mode is off, this node has no users: name the --config of one that has")
    request = _request(options)
    outcome = _asked(config, Path(config.node.state_dir), request)
    if outcome.code:
        raise ConfigError(outcome.problem)
    _show(options, outcome)
    return 0


def _asked(config: NodeConfig, state_dir: Path, request: UserRequest) -> Outcome:
    """Have it done by whoever holds the state folder: a node, else this program."""
    deadline = time.monotonic() + PATIENCE_S
    while True:
        with ExitStack() as held:
            try:
                held.enter_context(StateFolder(state_dir))
            except ConfigError:
                if not state_dir.is_dir():
                    raise
            else:
                configure_logs(LogSection(level="error"), sys.stderr)
                return asyncio.run(_alone(config, state_dir, request))
        try:
            return ask(state_dir, request)
        except NobodyAnswersError:  # a node that starts or stops, or another program like this one
            if time.monotonic() > deadline:
                raise
        time.sleep(_RETRY_S)


async def _alone(config: NodeConfig, state_dir: Path, request: UserRequest) -> Outcome:
    users = await open_users(config, state_dir)
    try:
        tell_first_password(users, sys.stderr)
        if users.people is None:
            raise ConfigError("this node has no users")
        users.people.listen(Room(users, config.paper.slots))
        return await answered(users.people, request)
    finally:
        await users.stop()


class Room:
    """Counts the slots that a start will need, while no node runs: a user without one is not made."""

    def __init__(self, users: OpenUsers, slots: int) -> None:
        """Begin with the traders of the journal and with users whose traders the next start opens."""
        journal, people = users.journal, users.people
        recorded = () if journal is None else journal.load(most=0).traders
        self._slots = Slots(slots, (row.account_id for row in recorded), "")
        self._known = {row.user_id for row in recorded}
        for user in () if people is None else people.users():
            with suppress(NoCapacityError):
                self._take(user)

    async def user_made(self, user: User) -> None:
        """Count a user in."""
        self._take(user)

    async def user_changed(self, user: User) -> None:
        """Count a user in that may trade now; one that may no longer keeps the slot."""
        self._take(user)

    def _take(self, user: User) -> None:
        if may_trade(user) and user.user_id not in self._known:
            self._slots.take()
            self._known.add(user.user_id)


def _request(options: argparse.Namespace) -> UserRequest:
    """Return what is asked for.

    Raises:
        ConfigError: If a password was to be read and there is none.
    """
    match options.action:
        case "list":
            return ListUsers()
        case "add":
            return AddUser(
                email=options.user, roles=options.role, password=_password(options), must_change=not options.keep
            )
        case "role":
            return SetRoles(user=options.user, roles=options.role)
        case "passwd":
            return SetPassword(user=options.user, password=_password(options))
        case "remove":
            return RemoveUser(user=options.user)
    return SetDisabled(user=options.user, is_disabled=options.action == "disable")


def _password(options: argparse.Namespace) -> str | None:
    if not options.password_stdin:
        return None
    password = sys.stdin.readline().rstrip("\r\n")
    if not password:
        raise ConfigError("--password-stdin: expected a password, found nothing")
    return password


def _show(options: argparse.Namespace, outcome: Outcome) -> None:
    for user in outcome.users:
        print(msgspec.json.encode(user).decode() if getattr(options, "json", False) else _line(user))  # noqa: T201
    if outcome.password:
        print(f"password: {outcome.password}  (shown once; it must be changed at the next sign-in)")  # noqa: T201


def _line(user: User) -> str:
    state = "disabled" if user.is_disabled else "password to be changed" if user.must_change else "active"
    return f"{user.email:<40} {','.join(user.roles):<22} {state:<24} {user.user_id}"
