"""What the execution clients of the paper venue share: they report nothing for the engine to reconcile with."""

from typing import override

from nautilus_trader.live import GenerateFillReports, GenerateOrderStatusReports, GeneratePositionStatusReports
from nautilus_trader.live.clients import ExecutionClient
from nautilus_trader.model import FillReport, OrderStatusReport, PositionStatusReport


class UnreportedClient(ExecutionClient):
    """A client whose orders and positions the engine learns of by a restore of ours, never by reports."""

    @override
    async def _disconnect(self) -> None:
        pass

    @override
    async def _generate_order_status_reports(self, command: GenerateOrderStatusReports) -> list[OrderStatusReport]:
        return []

    @override
    async def _generate_fill_reports(self, command: GenerateFillReports) -> list[FillReport]:
        return []

    @override
    async def _generate_position_status_reports(
        self, command: GeneratePositionStatusReports
    ) -> list[PositionStatusReport]:
        return []
