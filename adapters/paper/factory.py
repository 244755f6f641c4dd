"""Builds the clients of the paper venue for the engine."""

from typing import override

from nautilus_trader.common import Clock
from nautilus_trader.live import ClientCache, ExecutionClientConfig
from nautilus_trader.live.clients import ExecutionClient, ExecutionClientFactory
from nautilus_trader.model import TraderId

from adapters.paper.client import PaperClient, PaperClientConfig
from adapters.paper.denier import Denier, DenierConfig


class PaperClientFactory(ExecutionClientFactory):
    """Makes a slot or the denier from its config; nothing is started here."""

    @staticmethod
    @override
    def create(
        *, name: str, config: ExecutionClientConfig, cache: ClientCache, clock: Clock, trader_id: TraderId
    ) -> ExecutionClient:
        if isinstance(config, PaperClientConfig):
            return PaperClient(name=name, config=config, cache=cache, clock=clock, trader_id=trader_id)
        if isinstance(config, DenierConfig):
            return Denier(name=name, config=config, cache=cache, clock=clock, trader_id=trader_id)
        raise TypeError(f"expected PaperClientConfig or DenierConfig, was {type(config).__name__}")
