"""A node with users in the test's own process, and cheap ways to have some of them."""

from contextlib import asynccontextmanager

from msgspec.structs import replace

from actors.ports.identity import Origin
from config.auth import AuthSection
from config.schema import NodeConfig
from tests.node.live_world import config_of, live

TEST = Origin(address="127.0.0.1")
PASSWORD = "a long enough passphrase"


def team_config(folder, *traders, **sections) -> NodeConfig:
    """Return a node with users on the small market."""
    return replace(config_of(folder, *traders, **sections), auth=AuthSection(mode="local"))


@asynccontextmanager
async def team(folder, *, slots=8, **sections):
    """Run it; ready when the block begins."""
    async with live(team_config(folder, slots=slots, **sections)) as world:
        yield world


async def add(world, name, *roles):
    """Make a user; return the user id."""
    user, _ = await world.users.people.add(f"{name}@team.test", PASSWORD, roles or ("trader",), TEST, actor="test")
    return user.user_id


def admin_of(world):
    """Return the first admin's id."""
    return next(user.user_id for user in world.users.people.users() if "admin" in user.roles)
