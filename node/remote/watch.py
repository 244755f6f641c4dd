"""`run_node.py watch`: what a running node says on some channels, one JSON object per line."""

from collections.abc import Sequence

from whisperer_client import Client

from node.remote.talk import talk


def watch_command(
    url: str, channels: Sequence[str], *, count: int | None, max_hz: float | None, api_key: str | None = None
) -> int:
    """Print messages until `count` of them, or Ctrl-C; a broken connection is made again and nothing is left out.

    Args:
        url: Of the node.
        channels: Their names, for example `bars:BTC-USDT.SIM:1m`.
        count: How many lines; None: without end.
        max_hz: How often open bars and latest values may come; None: as they change.
        api_key: Of a user of the node; None where it has none.
    """

    async def work(client: Client) -> int:
        left = count
        async for message in client.subscribe(channels, max_hz=max_hz):
            print(message.text, flush=True)  # noqa: T201  # its work
            if left is not None and (left := left - 1) <= 0:
                break
        return 0

    return talk(url, work, api_key)
