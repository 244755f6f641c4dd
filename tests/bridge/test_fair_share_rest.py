"""One user's flood slows nobody else: reads of history, orders, subscriptions."""

import asyncio

import msgspec

from actors.bridge.rest.route import routes
from actors.ports import Page
from tests.bridge.client_world import until
from tests.bridge.identity_world import IdentityWorld, with_users
from tests.bridge.shared_world import order

AT_ONCE, WAITING, FLOOD = 2, 5, 40


class SlowDisk:
    """One reader, as a disk has: reads queue up; each ends when the test says so."""

    def __init__(self, world: IdentityWorld) -> None:
        self.asked: list[str] = []
        """Users, in the order in which their reads came."""
        self._turn = asyncio.Lock()
        self._may_end = asyncio.Semaphore(0)
        world.traders.fills = self.read  # type: ignore[method-assign]  # the same traders, slower

    async def read(self, user_id, span):
        self.asked.append(user_id)
        async with self._turn:
            await self._may_end.acquire()
        return Page(rows=[], next=None)

    def end(self, count: int) -> None:
        for _ in range(count):
            self._may_end.release()


async def held(disk: SlowDisk, user: str, count: int) -> None:
    await until(lambda: disk.asked.count(user) >= count)


async def test_a_flood_of_reads_holds_up_its_sender_only():
    async with with_users(server={"user_reads_at_once": AT_ONCE, "user_reads_waiting": WAITING}) as world:
        disk = SlowDisk(world)
        flood = [asyncio.create_task(world.ask("GET", "/api/v1/fills", token="anna")) for _ in range(FLOOD)]
        await held(disk, "anna", AT_ONCE)
        await until(lambda: sum(one.done() for one in flood) >= FLOOD - AT_ONCE - WAITING)
        refused = [one.result() for one in flood if one.done()]
        bob = asyncio.create_task(world.ask("GET", "/api/v1/fills", token="bob"))
        await held(disk, "bob", 1)
        assert disk.asked == ["anna"] * AT_ONCE + ["bob"]
        disk.end(AT_ONCE + 1)
        async with asyncio.timeout(30):
            assert (await bob).status == 200
        disk.end(FLOOD)
        answered = [one.status for one in await asyncio.gather(*flood)]

    assert {(one.status, one.code) for one in refused} == {(429, "rate_limited")}
    assert all(one.headers["Retry-After"] == "1" for one in refused)
    assert sorted(answered) == [200] * (AT_ONCE + WAITING) + [429] * (FLOOD - AT_ONCE - WAITING)


def test_whatever_answers_in_long_pages_waits_in_its_caller_s_line():
    paged = [
        name for name in routes if "cursor" in {one.name for one in msgspec.structs.fields(routes.get(name).query)}
    ]
    assert len(paged) > 5
    assert {name for name in paged if not routes.get(name).is_costly} == {"GET /api/v1/instruments", "GET /api/v1/jobs"}


async def test_what_is_in_memory_is_answered_while_one_s_own_reads_wait():
    async with with_users(server={"user_reads_at_once": 1, "user_reads_waiting": 5}) as world:
        disk = SlowDisk(world)
        slow = asyncio.create_task(world.ask("GET", "/api/v1/fills", token="anna"))
        await held(disk, "anna", 1)
        assert (await world.ask("GET", "/api/v1/positions", token="anna")).status == 200
        disk.end(1)
        assert (await slow).status == 200


async def test_a_flood_of_orders_takes_its_sender_s_budget_only():
    async with with_users(server={"user_orders_per_s": 1, "user_orders_burst": 3}) as world:
        sent = [
            (await world.ask("POST", "/api/v1/orders", order(f"a-{number}"), token="anna")).status
            for number in range(6)
        ]
        other = await world.ask("POST", "/api/v1/orders", order("b-1"), token="bob")

    assert sent[:3] == [201] * 3
    assert 429 in sent[3:]
    assert other.status == 201


async def test_a_flood_of_requests_takes_its_sender_s_budget_only():
    async with with_users(server={"user_rate_limit_per_min": 5, "rate_limit_per_min": 5}) as world:
        sent = [(await world.ask("GET", "/api/v1/trader", token="anna")).status for _ in range(8)]
        other = await world.ask("GET", "/api/v1/trader", token="bob")
        nobody = await world.ask("GET", "/api/v1/status")

    assert (sent[:5], sent[-1]) == ([200] * 5, 429)
    assert (other.status, nobody.status) == (200, 200)


class TestBadTokens:
    async def test_they_are_counted_for_each_place_and_good_ones_that_are_known_go_on(self):
        async with with_users(server={"rate_limit_per_min": 3}) as world:
            assert (await world.ask("GET", "/api/v1/trader", token="anna")).status == 200
            bad = [(await world.ask("GET", "/api/v1/trader", token=f"bad-{number}")).status for number in range(6)]
            looked = world.identity.verified
            unknown = await world.ask("GET", "/api/v1/trader", token="bob")
            known = await world.ask("GET", "/api/v1/trader", token="anna")

        assert (bad[:3], bad[-1]) == ([401] * 3, 429)
        assert (unknown.status, unknown.code, known.status) == (429, "rate_limited", 200)
        assert world.identity.verified == looked

    async def test_an_ended_session_is_told_so(self):
        async with with_users() as world:
            world.identity.end("anna")
            answered = await world.ask("GET", "/api/v1/trader", token="anna")

        assert (answered.status, answered.code) == (401, "session_revoked")
        assert answered.headers["WWW-Authenticate"] == 'Bearer error="invalid_token"'

    async def test_two_tokens_are_none(self):
        from tests.bridge.rest_client import raw_answer

        lines = "Authorization: Bearer anna\r\nAuthorization: Bearer anna\r\n"
        async with with_users() as world:
            answer = await raw_answer(
                world.port, f"GET /api/v1/trader HTTP/1.1\r\nHost: localhost\r\n{lines}\r\n".encode()
            )

        assert answer.startswith(b"HTTP/1.1 401")

    async def test_no_other_place_for_a_token_counts(self):
        async with with_users() as world:
            for path, headers in (
                ("/api/v1/trader?access_token=anna", {}),
                ("/api/v1/trader", {"apikey": "anna"}),
                ("/api/v1/trader", {"Cookie": "token=anna; session=anna; Authorization=anna"}),
                ("/api/v1/trader", {"Authorization": "Basic anna"}),
                ("/api/v1/trader", {"X_Authorization": "Bearer anna"}),
            ):
                assert (await world.ask("GET", path, **headers)).status == 401, (path, headers)

    async def test_an_issuer_that_cannot_be_reached_is_a_503_and_nobody_on_public_routes(self):
        from config.auth_errors import JwksUnavailableError

        async with with_users() as world:
            world.identity.failure = JwksUnavailableError("its keys cannot be had")
            private = await world.ask("GET", "/api/v1/trader", token="anna")
            public = await world.ask("GET", "/api/v1/status", token="anna")

        assert (private.status, private.code, public.status) == (503, "jwks_unavailable", 200)

    async def test_another_site_s_page_gets_nothing_with_a_good_token(self):
        async with with_users() as world:
            for headers in ({"Origin": "https://evil.example"}, {"Host": "evil.example"}):
                answered = await world.ask("POST", "/api/v1/kill-switch", {}, token="anna", **headers)
                assert (answered.status, answered.code) == (403, "bad_origin")

        assert world.traders.calls == []
