"""Users on a real journal file, with clocks that tests turn and a disk that they can stop."""

import asyncio
from contextlib import asynccontextmanager

import msgspec
import pyotp

from actors.auth.opening import open_people
from actors.auth.passwords import Passwords
from actors.ports.identity import Origin
from actors.ports.journal import AuditSpan
from config.auth import AuthSection
from config.errors import StoreUnavailableError
from config.schema import NodeConfig
from tests.fresh_journal import journal_in

ADMIN, PASSWORD = "admin@localhost", "correct horse battery staple"
HOME, CAFE, EVIL = (
    Origin(address="198.51.100.7", user_agent="Firefox"),
    Origin(address="203.0.113.9"),
    Origin(address="192.0.2.66"),
)
MINUTE_S, HOUR_S, DAY_S = 60, 3_600, 86_400


class StoppableJournal:
    """A real journal whose disk can be full, or slow."""

    def __init__(self, journal):
        self.journal = journal
        self.is_down = False
        self.may_write = asyncio.Event()
        self.may_write.set()
        self.waiting = asyncio.Event()

    async def durable(self, *rows):
        if self.is_down:
            raise StoreUnavailableError("the disk is full")
        if not self.may_write.is_set():
            self.waiting.set()
            await self.may_write.wait()
        await self.journal.durable(*rows)

    def __getattr__(self, name):
        return getattr(self.journal, name)


class Ended:
    """An `IdentityListener` that keeps what it is told."""

    def __init__(self):
        self.sessions, self.keys = [], []

    def session_ended(self, user_id, session_id, reason):
        self.sessions.append((user_id, session_id, reason))

    def key_ended(self, user_id, key_id):
        self.keys.append((user_id, key_id))


class People:
    """The open users of a node."""

    password_kib = 64
    """Hashes are cheap here: tests make thousands."""

    def __init__(self, folder, section, clock):
        self.folder, self.section, self.clock = folder, section, clock

    async def open(self):
        self.journal = StoppableJournal(journal_in(self.folder))
        config = NodeConfig(auth=self.section)
        self.opened = await open_people(
            config,
            self.journal,
            self.folder,
            now_s=self.clock.wall,
            monotonic=self.clock.monotonic,
            passwords=Passwords(self.section.password_min_length, memory_kib=self.password_kib),
        )
        self.people, self.identity, self.upkeep = self.opened.people, self.opened.identity, self.opened.upkeep
        self.ended = Ended()
        self.identity.listen(self.ended)
        self.first_password = self.opened.first_password or getattr(self, "first_password", None)
        return self

    async def close(self):
        await self.opened.close()
        await self.journal.journal.close()

    async def restart(self):
        """Close everything and open it again from the file."""
        await self.close()
        await self.open()

    async def add(self, email="anna@example.org", roles=("trader",), password=PASSWORD):
        user, _ = await self.people.add(email, password, roles, HOME, actor="node", must_change=False)
        return user

    async def enter(self, email="anna@example.org", password=PASSWORD, origin=HOME, **options):
        return await self.people.sign_in(email, password, origin, **options)

    async def who(self, signed_in):
        return await self.identity.verify(signed_in.access_token)

    async def member(self, email="anna@example.org", roles=("trader",)):
        """Add a user and sign in; return the principal and the tokens."""
        await self.add(email, roles)
        signed_in = await self.enter(email)
        return await self.who(signed_in), signed_in

    async def with_factor(self, principal):
        """Give a signed-in user a second factor; return its authenticator app and the recovery codes."""
        enrollment = await self.people.enroll(principal.user_id, "phone", HOME)
        app = App(enrollment, self.clock)
        _, codes = await self.people.verify_factor(principal, enrollment.factor_id, app.code(), HOME)
        return app, codes

    async def audit(self, **span):
        await self.journal.settled()
        rows = (await self.journal.audit(AuditSpan(**span))).rows
        return [(row.action, row.actor, row.target, msgspec.json.decode(row.detail)) for row in reversed(rows)]


class App:
    """An authenticator app; each code is of a time step that was not used before."""

    def __init__(self, enrollment, clock):
        self.factor_id, self._totp, self._clock = enrollment.factor_id, pyotp.TOTP(enrollment.secret), clock

    def code(self):
        self._clock.pass_s(30)
        return self._totp.at(int(self._clock.wall()))


class Clock:
    """Wall and monotonic time, turned by hand."""

    def __init__(self):
        self.wall_s, self.monotonic_s = 1_795_000_000.0, 1_000.0

    def wall(self):
        return self.wall_s

    def monotonic(self):
        return self.monotonic_s

    def pass_s(self, seconds):
        self.wall_s += seconds
        self.monotonic_s += seconds


@asynccontextmanager
async def people_in(folder, **changes):
    """Open the users of a folder, with changes to the `[auth]` section."""
    world = await People(folder, AuthSection(mode="local", **changes), Clock()).open()
    try:
        yield world
    finally:
        await world.close()
