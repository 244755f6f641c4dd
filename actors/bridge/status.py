"""The state of the node as REST and the channel `status` tell it."""

from actors.bridge.context import Context
from actors.wire import StatusBody


def status_body(context: Context) -> StatusBody:
    """Return the state of this moment."""
    host = context.host
    return StatusBody(
        state=host.state,
        ready=host.is_ready(),
        node=context.config.node.name,
        version=context.version,
        market=host.market,
        market_time=context.clock.now_ms,
        speed=host.speed,
        paused=host.is_paused,
        feed=host.feed,
        venues=dict(host.venues()),
        degraded=tuple(host.degraded()),
        trading_state=host.trading_state,
        uptime_s=round(host.uptime_s, 1),
        settings=0 if context.settings is None else context.settings.state().version,
    )
