"""The door for whoever runs the node: nobody else may open it, nothing that comes through it breaks the node."""

import asyncio
import contextlib
import socket
import stat

import msgspec
import pytest

from actors.ports.people import User
from config.errors import ConflictError
from node import control
from node.control import NAME, Control, NobodyAnswersError, ask
from node.user_requests import AddUser, ListUsers, RemoveUser, SetDisabled, SetPassword, SetRoles, read_request

ADA = User(
    user_id="u1",
    email="ada@x.org",
    roles=("trader",),
    is_disabled=False,
    must_change=False,
    has_second_factor=False,
    profile={},
    created_ms=1,
    updated_ms=1,
    signed_in_ms=None,
)


class FakePeople:
    """One user; keeps what was asked for."""

    def __init__(self):
        self.calls = []
        self.failure = None

    def users(self):
        return [ADA]

    def user(self, user_id):
        return ADA

    async def _do(self, *call):
        self.calls.append(call)
        if self.failure is not None:
            raise self.failure
        return ADA

    async def add(self, email, password, roles, origin, *, actor, must_change):
        await self._do("add", email, password, roles, actor, must_change)
        return ADA, "made" if password is None else ""

    async def set_roles(self, user_id, roles, origin, *, actor):
        return await self._do("roles", user_id, roles, actor)

    async def set_disabled(self, user_id, origin, *, is_disabled, actor):
        return await self._do("disabled", user_id, is_disabled, actor)

    async def reset_password(self, user_id, password, origin, *, actor):
        await self._do("password", user_id, password, actor)
        return "" if password else "made"

    async def remove(self, user_id, origin, *, actor):
        await self._do("remove", user_id, actor)


@pytest.fixture
async def door(tmp_path):
    """A door in a folder whose path is longer than a socket's may be."""
    folder = tmp_path / ("long" * 30)
    folder.mkdir()
    people = FakePeople()
    opened = Control(folder, people)
    await opened.start()
    yield folder, people
    await opened.stop()
    assert not (folder / NAME).exists()


async def said(folder, request):
    return await asyncio.to_thread(ask, folder, request)


@pytest.mark.parametrize(
    ("request_", "call"),
    [
        (AddUser(email="b@x", roles=("viewer",)), ("add", "b@x", None, ("viewer",), "console", True)),
        (
            AddUser(email="b@x", roles=("admin",), password="p", must_change=False),
            ("add", "b@x", "p", ("admin",), "console", False),
        ),
        (SetRoles(user="ada@x.org", roles=("admin",)), ("roles", "u1", ("admin",), "console")),
        (SetDisabled(user="u1", is_disabled=True), ("disabled", "u1", True, "console")),
        (SetPassword(user=" ADA@x.org "), ("password", "u1", None, "console")),
        (RemoveUser(user="ada@x.org"), ("remove", "u1", "console")),
    ],
)
async def test_each_request_reaches_the_users(door, request_, call):
    folder, people = door

    outcome = await said(folder, request_)

    assert people.calls == [call]
    assert (outcome.users, outcome.code) == ((ADA,), "")
    assert outcome.password == ("made" if None in call else "")


async def test_a_list_changes_nothing(door):
    folder, people = door
    assert (await said(folder, ListUsers())).users == (ADA,)
    assert people.calls == []


async def test_somebody_who_is_not_there_is_told(door):
    outcome = await said(door[0], RemoveUser(user="bob@x.org"))
    assert (outcome.code, outcome.problem) == ("not_found", "no user 'bob@x.org'")


async def test_what_cannot_be_done_is_told_in_its_words(door):
    folder, people = door
    people.failure = ConflictError("this is the last admin")
    outcome = await said(folder, RemoveUser(user="u1"))
    assert (outcome.code, outcome.problem) == ("conflict", "this is the last admin")


async def test_a_fault_of_ours_is_told_without_its_details(door):
    folder, people = door
    people.failure = RuntimeError("secret inside")
    outcome = await said(folder, RemoveUser(user="u1"))
    assert outcome.code == "internal"
    assert "secret" not in outcome.problem
    assert (await said(folder, ListUsers())).users == (ADA,)


async def test_only_this_account_of_the_computer_may_open_it(door):
    mode = (door[0] / NAME).stat().st_mode
    assert stat.S_ISSOCK(mode)
    assert stat.S_IMODE(mode) == 0o600


async def test_a_door_that_a_killed_node_left_is_replaced(tmp_path):
    with socket.socket(socket.AF_UNIX) as left:
        left.bind(str(tmp_path / NAME))
    opened = Control(tmp_path, FakePeople())
    await opened.start()
    try:
        assert (await said(tmp_path, ListUsers())).users == (ADA,)
    finally:
        await opened.stop()


@pytest.mark.parametrize(
    "line", [b"\n", b"{}\n", b'{"do":"shutdown"}\n', b"\xff\xfe\n", b'{"do":"list","x":1}\n', b"x" * 100_000 + b"\n"]
)
async def test_what_is_no_request_ends_its_connection_alone(door, line):
    folder, people = door
    connection = await asyncio.to_thread(control._reached, folder)
    reader, writer = await asyncio.open_unix_connection(sock=connection)
    writer.write(line)
    async with asyncio.timeout(60):
        with contextlib.suppress(ConnectionResetError):
            assert await reader.read() == b""
    writer.close()
    assert people.calls == []
    assert (await said(folder, ListUsers())).users == (ADA,)


async def test_a_node_that_is_not_there_is_told(tmp_path):
    with pytest.raises(NobodyAnswersError, match="cannot be reached"):
        await said(tmp_path, ListUsers())


async def test_a_folder_without_sockets_costs_the_door_alone(tmp_path):
    (tmp_path / NAME).mkdir()
    opened = Control(tmp_path, FakePeople())
    await opened.start()
    await opened.stop()

    assert (tmp_path / NAME).is_dir()


def test_no_password_shows_in_a_repr():
    for request in (
        AddUser(email="b@x", roles=(), password="hunter2hunter2"),
        SetPassword(user="u", password="hunter2hunter2"),
    ):
        assert "hunter2" not in repr(request)
        assert read_request(msgspec.json.encode(request)) == request
