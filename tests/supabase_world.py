"""Users of a node in Supabase mode: the real journal, and the project's double behind real sockets."""

import time
from contextlib import asynccontextmanager

import msgspec

from actors.ports.identity import Origin
from actors.ports.journal import AuditSpan
from adapters.supabase.opening import open_supabase
from config.auth import AuthSection, SupabaseSection
from config.schema import NodeConfig
from tests.fresh_journal import journal_in
from tests.supabase_double import PUBLISHABLE_KEY, SupabaseDouble
from tests.token_mint import SECRET

ORIGIN = Origin(address="198.51.100.7", user_agent="Firefox", trace_id="t-1")
PASSWORD = "correct horse battery staple"
ENVIRONMENT = {"SUPABASE_PUBLISHABLE_KEY": PUBLISHABLE_KEY, "PROJECT_SECRET": SECRET}
DAY_S = 86_400


class Told:
    """A `PeopleListener` and `IdentityListener` that keeps what it is told."""

    def __init__(self):
        self.made, self.changed, self.sessions, self.keys = [], [], [], []
        self.refusal = None

    async def user_made(self, user):
        if self.refusal is not None:
            raise self.refusal
        self.made.append(user)

    async def user_changed(self, user):
        self.changed.append(user)

    def session_ended(self, user_id, session_id, reason):
        self.sessions.append((user_id, session_id, reason))

    def key_ended(self, user_id, key_id):
        self.keys.append((user_id, key_id))


class SupabaseWorld:
    """A node's users, and the project that issues their tokens."""

    def __init__(self, folder, project, auth, supabase):
        self.folder, self.project = folder, project
        self.config = NodeConfig(
            auth=AuthSection(
                mode="supabase",
                supabase=SupabaseSection(
                    url=project.url,
                    jwt_secret_env="PROJECT_SECRET" if project.algorithm == "HS256" else None,
                    **{"timeout_s": 5.0} | supabase,
                ),
                **auth,
            )
        )
        self.passed_s = 0.0

    def wall(self):
        return time.time() + self.passed_s

    def monotonic(self):
        return time.monotonic() + self.passed_s

    async def open(self):
        self.journal = journal_in(self.folder)
        self.opened = await open_supabase(
            self.config, self.journal, environ=ENVIRONMENT, now_s=self.wall, monotonic=self.monotonic
        )
        self.people, self.identity, self.upkeep = self.opened.people, self.opened.identity, self.opened.upkeep
        self.told = Told()
        self.identity.listen(self.told)
        self.people.listen(self.told)
        return self

    async def close(self):
        await self.opened.close()
        await self.journal.close()

    async def restart(self):
        await self.close()
        await self.open()

    async def enter(self, email="anna@example.org", roles=("trader",)):
        """Make a user at the project and sign in there; return the token and who it is here."""
        user_id = self.project.add_user(email, PASSWORD, roles=roles)
        token = self.project.sign_in(user_id)["access_token"]
        return token, await self.identity.verify(token)

    async def audit(self):
        await self.journal.settled()
        rows = (await self.journal.audit(AuditSpan())).rows
        return [(row.action, row.actor, row.target, msgspec.json.decode(row.detail)) for row in reversed(rows)]


@asynccontextmanager
async def supabase_in(folder, *, algorithm="ES256", project=None, supabase=None, **auth):
    """Open users in a folder, with a project of their own unless one is given."""
    async with project or SupabaseDouble(algorithm) as running:
        world = await SupabaseWorld(folder, running, auth, supabase or {}).open()
        try:
            yield world
        finally:
            await world.close()
