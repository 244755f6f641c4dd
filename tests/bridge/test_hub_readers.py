"""A window is held from its first subscriber to its last, and from the next one again."""

from tests.bridge.fakes import BTC
from tests.bridge.hub_world import World

BARS = f"bars:{BTC}:1m"
HELD = [(BTC, "1m", "subscribers")]


def test_a_window_is_held_while_anybody_hears_it():
    world = World()
    first, second = world.client(BARS), world.client(BARS)
    assert world.bars.held == HELD

    first.unsubscribe(BARS)
    assert world.bars.held == HELD
    world.hub.detach(second.connection)
    assert world.bars.held == []

    first.ask("subscribe", ch=[BARS])
    assert world.bars.held == HELD


def test_who_subscribes_again_at_another_pace_goes_on_holding():
    world = World()
    client = world.client(BARS)

    client.ask("subscribe", ch=[BARS], max_hz=1)
    client.ask("subscribe", ch=[BARS])
    assert world.bars.held == HELD

    client.unsubscribe(BARS)
    assert world.bars.held == []
