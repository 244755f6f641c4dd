"""Client of a Whisperer node: typed REST, and streams that prove that nothing is missing."""

from whisperer_client.bars import ByBar
from whisperer_client.books import OrderBook, OrderBooks
from whisperer_client.client import Client
from whisperer_client.errors import (
    ApiError,
    ClientError,
    ClosedError,
    GapError,
    NoSourceError,
    NotConnectedError,
    ProtocolError,
    RefusedError,
    RewoundError,
)
from whisperer_client.history import History
from whisperer_client.message import Message
from whisperer_client.rest import Rest
from whisperer_client.rows import Rows
from whisperer_client.states import States
from whisperer_client.stream import Messages, Stream, Values
from whisperer_client.trading import Trading, ticket

__all__ = [
    "ApiError",
    "ByBar",
    "Client",
    "ClientError",
    "ClosedError",
    "GapError",
    "History",
    "Message",
    "Messages",
    "NoSourceError",
    "NotConnectedError",
    "OrderBook",
    "OrderBooks",
    "ProtocolError",
    "RefusedError",
    "Rest",
    "RewoundError",
    "Rows",
    "States",
    "Stream",
    "Trading",
    "Values",
    "ticket",
]
