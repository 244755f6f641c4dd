"""Opens the users of a node whose issuer is a Supabase project; imported only where there is one."""

import os
import time
from collections.abc import Callable, Iterable, Mapping
from typing import override
from urllib.parse import urlsplit

from actors.auth.api_keys import ApiKeys
from actors.auth.audited import Refusals
from actors.auth.directory import Directory
from actors.auth.jwks import Jwks
from actors.auth.opening import OpenPeople
from actors.auth.project import Project
from actors.auth.seen import Seen
from actors.auth.seen_rows import SeenRows
from actors.auth.standings import Standings
from actors.auth.supabase_identity import SupabaseIdentity
from actors.auth.supabase_people import SupabasePeople
from actors.auth.supabase_signing_in import SupabaseParts
from actors.auth.throttle import Throttle
from actors.auth.upkeep import Upkeep
from actors.auth.verifier import MIN_SECRET_BYTES, Verifier
from actors.ports.people import PeopleListener
from actors.ports.person_rows import ThrottleRow
from actors.store.journal import SqliteJournal
from adapters.supabase.client import SupabaseProject
from adapters.supabase.keys import JournalKeys
from config.auth import AuthSection, SupabaseSection
from config.errors import ConfigError
from config.load import is_loopback
from config.schema import NodeConfig


class OpenSupabase(OpenPeople, frozen=True, kw_only=True):
    """The users of a node in Supabase mode."""

    project: Project
    keys: Jwks
    seen: Seen

    @override
    async def close(self) -> None:
        self.keys.stop()
        self.seen.stop()
        await super().close()
        await self.project.close()


async def open_supabase(
    config: NodeConfig,
    journal: SqliteJournal,
    *,
    environ: Mapping[str, str] | None = None,
    now_s: Callable[[], float] = time.time,
    monotonic: Callable[[], float] = time.monotonic,
) -> OpenSupabase:
    """Open the users of a node; the project is asked for its keys in the background, and may be away.

    Args:
        config: With `auth.mode` `supabase`.
        journal: Where users that were seen are kept.
        environ: Environment with the project's keys.
        now_s: Wall time, UNIX seconds.
        monotonic: Seconds that only grow.

    Raises:
        ConfigError: If the journal cannot be used, or something about the project is missing.
    """

    def now_ms() -> int:
        return int(now_s() * 1000)

    section, recorded = config.auth, journal.load_people()
    project, secret = _project(section.supabase, os.environ if environ is None else environ)
    directory = Directory(journal, recorded, idle_s=section.idle_min * 60, now_ms=now_ms, monotonic=monotonic)
    listeners: list[PeopleListener] = []
    rows = SeenRows(section, directory)
    seen = Seen(rows, directory, Standings(project, monotonic), listeners, journal.load_ended_sessions(now_ms()))
    directory.listen(seen)
    kept = JournalKeys(journal, project.issuer, now_ms)
    fresh_s = section.supabase.keys_s
    keys = Jwks(project.jwks, fresh_s=fresh_s, kept=kept.load(), keep=kept.keep, monotonic=monotonic, now_s=now_s)
    parts = SupabaseParts(
        section=section,
        directory=directory,
        project=project,
        keys=keys,
        verifier=Verifier(project.issuer, keys=keys, secret=secret, now_s=now_s, admit=seen.admit),
        seen=seen,
        api_keys=ApiKeys(directory, max_per_user=section.max_api_keys_per_user, now_ms=now_ms),
        throttle=_throttle(section, recorded.throttles, now_ms),
        refusals=Refusals(journal.write, monotonic),
        listeners=listeners,
    )
    keys.begin()
    return _opened(parts, rows, now_ms)


def _opened(parts: SupabaseParts, rows: SeenRows, now_ms: Callable[[], int]) -> OpenSupabase:
    directory = parts.directory
    return OpenSupabase(
        identity=SupabaseIdentity(directory, parts.verifier, parts.api_keys, rows),
        people=SupabasePeople(parts),
        first_password=None,
        upkeep=Upkeep(directory=directory, refusals=parts.refusals, keys=None, published=None, now_ms=now_ms),
        project=parts.project,
        keys=parts.keys,
        seen=parts.seen,
    )


def _throttle(section: AuthSection, rows: Iterable[ThrottleRow], now_ms: Callable[[], int]) -> Throttle:
    free, per_address = section.failures_free, section.failures_per_address
    return Throttle(free=free, per_address=per_address, rows=rows, now_ms=now_ms)


def _project(section: SupabaseSection, environ: Mapping[str, str]) -> tuple[SupabaseProject, str | None]:
    """Return the project, and the secret that it signs with if it has one."""
    url = _address(section.url)
    publishable = _variable(environ, section.publishable_key_env, "auth.supabase.publishable_key_env")
    secret = None
    if section.jwt_secret_env is not None:
        secret = _variable(environ, section.jwt_secret_env, "auth.supabase.jwt_secret_env")
        if len(secret) < MIN_SECRET_BYTES:
            expected = f"a secret of at least {MIN_SECRET_BYTES} bytes in the variable {section.jwt_secret_env}"
            raise ConfigError(f"auth.supabase.jwt_secret_env: expected {expected}, found a shorter one")
    return SupabaseProject(url, publishable, timeout_s=section.timeout_s), secret


def _address(url: str | None) -> str:
    """Return where the project is; passwords go there, so it is the same machine or behind TLS."""
    if url is None:
        raise ConfigError("auth.supabase.url: expected the address of the project, found nothing")
    try:
        read = urlsplit(url)
        host, _ = read.hostname, read.port
    except ValueError as e:
        raise ConfigError("auth.supabase.url: expected an address that can be read") from e
    if not host or read.username is not None:
        raise ConfigError("auth.supabase.url: expected a host, and nobody's name before it")
    if read.scheme != "https" and not is_loopback(host):
        raise ConfigError(f"auth.supabase.url: expected https, since passwords go there, was {url!r}")
    return url


def _variable(environ: Mapping[str, str], name: str, path: str) -> str:
    value = environ.get(name, "").strip()
    if not value or not value.isprintable() or not value.isascii():
        raise ConfigError(f"{path}: expected a key in the variable {name}, found nothing that can be one")
    return value
