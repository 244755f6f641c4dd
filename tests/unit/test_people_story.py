"""Whatever many do at once, what everybody sees is what the journal holds, and the rules hold too."""

import asyncio
import tempfile
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from config.errors import NodeError
from tests.people_world import CAFE, HOME, people_in

pytestmark = pytest.mark.slow

USERS = 3
ROLES = st.sampled_from([("viewer",), ("trader",), ("admin",), ("trader", "admin")])
WHO = st.integers(0, USERS - 1)
STEPS = st.one_of(
    st.tuples(st.just("roles"), WHO, ROLES),
    st.tuples(st.just("disable"), WHO, st.booleans()),
    st.tuples(st.just("email"), WHO, st.sampled_from(["new@example.org", "other@example.org"])),
    st.tuples(st.just("profile"), WHO, st.sampled_from("abc")),
    st.tuples(st.just("key"), WHO, st.none()),
    st.tuples(st.just("end_key"), WHO, st.none()),
    st.tuples(st.just("refresh"), WHO, st.none()),
    st.tuples(st.just("sign_in"), WHO, st.none()),
    st.tuples(st.just("sign_out"), WHO, st.sampled_from(["local", "others", "global"])),
    st.tuples(st.just("enroll"), WHO, st.none()),
    st.tuples(st.just("remove"), WHO, st.none()),
    st.tuples(st.just("wait"), WHO, st.integers(1, 50 * 60)),
    st.tuples(st.just("upkeep"), WHO, st.none()),
)


class Story:
    """Some users, signed in, and what is done with them."""

    def __init__(self, world):
        self.world = world

    async def begin(self):
        self.users, self.tokens = [], []
        for number in range(USERS):
            await self.world.add(f"user{number}@example.org", ("trader", "admin"))
            self.tokens.append(await self.world.enter(f"user{number}@example.org"))
            self.users.append(await self.world.who(self.tokens[number]))

    async def do(self, step):
        """Take a step; being refused is a right answer."""
        what, who, how = step
        await getattr(self, what)(who, self.users[who].user_id, how)

    async def roles(self, _who, user_id, roles):
        await self.world.people.set_roles(user_id, roles, HOME, actor="an-admin")

    async def disable(self, _who, user_id, is_disabled):
        await self.world.people.set_disabled(user_id, HOME, is_disabled=is_disabled, actor="an-admin")

    async def email(self, _who, user_id, email):
        await self.world.people.set_email(user_id, email, HOME, actor="an-admin")

    async def profile(self, _who, user_id, name):
        await self.world.people.change_profile(user_id, {name: len(name)}, HOME)

    async def key(self, _who, user_id, _how):
        await self.world.people.make_api_key(user_id, "bot", ["read"], None, HOME)

    async def end_key(self, _who, user_id, _how):
        for key in self.world.people.api_keys(user_id)[:1]:
            await self.world.people.end_api_key(user_id, key.key_id, HOME, actor=user_id)

    async def refresh(self, who, _user_id, _how):
        self.tokens[who] = await self.world.people.refresh(self.tokens[who].refresh_token, HOME)

    async def sign_in(self, _who, user_id, _how):
        await self.world.enter(self.world.people.user(user_id).email, origin=CAFE)

    async def sign_out(self, who, _user_id, which):
        await self.world.people.sign_out(self.users[who], which, HOME)

    async def enroll(self, _who, user_id, _how):
        await self.world.people.enroll(user_id, "phone", HOME)

    async def remove(self, _who, user_id, _how):
        await self.world.people.remove(user_id, HOME, actor="an-admin")

    async def wait(self, _who, _user_id, seconds):
        self.world.clock.pass_s(seconds)

    async def upkeep(self, _who, _user_id, _how):
        await self.world.upkeep.turn()

    async def seen(self):
        """Return everything that can be seen of people."""
        people, users = self.world.people, self.world.people.users()
        mine = {
            user.user_id: (people.sessions(user.user_id), people.factors(user.user_id), people.api_keys(user.user_id))
            for user in users
        }
        return users, mine, [await self._opens(token) for token in self.tokens]

    async def _opens(self, token):
        try:
            return await self.world.who(token)
        except NodeError as e:
            return type(e).__name__


async def run(steps, folder):
    async with people_in(folder) as world:
        story = Story(world)
        await story.begin()
        for group in steps:
            outcomes = await asyncio.gather(*(story.do(step) for step in group), return_exceptions=True)
            assert [one for one in outcomes if isinstance(one, Exception) and not isinstance(one, NodeError)] == []
            users = world.people.users()
            assert any("admin" in user.roles and not user.is_disabled for user in users)
            assert len({user.email for user in users}) == len(users)
            assert all(world.people.sessions(user.user_id) == [] for user in users if user.is_disabled)
        before = await story.seen()
        await world.restart()
        assert await story.seen() == before


@settings(max_examples=15)
@given(st.lists(st.lists(STEPS, min_size=1, max_size=6), min_size=1, max_size=6))
def test_what_everybody_sees_is_what_the_journal_holds(steps):
    with tempfile.TemporaryDirectory() as folder:
        asyncio.run(run(steps, Path(folder)))
