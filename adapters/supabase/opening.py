"""Opens the users of a node whose issuer is a Supabase project; imported only where there is one."""

import os
import time
from collections.abc import Callable, Mapping
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
from actors.auth.verifier import Verifier
from actors.ports.people import PeopleListener
from actors.store.journal import SqliteJournal
from adapters.supabase.client import SupabaseProject
from adapters.supabase.keys import JournalKeys
from config.auth import SupabaseSection
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
    kept = JournalKeys(journal, project.issuer, now_ms)
    keys = Jwks(
        project.jwks,
        fresh_s=section.supabase.keys_s,
        kept=kept.load(),
        keep=kept.keep,
        monotonic=monotonic,
        now_s=now_s,
    )
    directory = Directory(journal, recorded, idle_s=section.idle_min * 60, now_ms=now_ms, monotonic=monotonic)
    listeners: list[PeopleListener] = []
    rows = SeenRows(section, directory)
    ended = journal.load_ended_sessions(now_ms())
    seen = Seen(rows, directory, Standings(project, monotonic), listeners, ended)
    directory.listen(seen)
    verifier = Verifier(project.issuer, keys=keys, secret=secret, now_s=now_s, admit=seen.admit)
    api_keys = ApiKeys(directory, max_per_user=section.max_api_keys_per_user, now_ms=now_ms)
    refusals = Refusals(journal.write, monotonic)
    parts = SupabaseParts(
        section=section,
        directory=directory,
        project=project,
        keys=keys,
        verifier=verifier,
        seen=seen,
        api_keys=api_keys,
        throttle=Throttle(
            free=section.failures_free,
            per_address=section.failures_per_address,
            rows=recorded.throttles,
            now_ms=now_ms,
        ),
        refusals=refusals,
        listeners=listeners,
    )
    keys.begin()
    return OpenSupabase(
        identity=SupabaseIdentity(directory, verifier, api_keys, rows),
        people=SupabasePeople(parts),
        first_password=None,
        upkeep=Upkeep(directory=directory, refusals=refusals, keys=None, published=None, now_ms=now_ms),
        project=project,
        keys=keys,
        seen=seen,
    )


def _project(section: SupabaseSection, environ: Mapping[str, str]) -> tuple[SupabaseProject, str | None]:
    """Return the project, and the secret that it signs with if it has one."""
    url = _address(section.url)
    publishable = _variable(environ, section.publishable_key_env, "auth.supabase.publishable_key_env")
    secret = None
    if section.jwt_secret_env is not None:
        secret = _variable(environ, section.jwt_secret_env, "auth.supabase.jwt_secret_env")
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
