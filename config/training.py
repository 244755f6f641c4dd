"""Sections of the configuration about training: what a model is asked, how it learns, how it is judged."""

from typing import Annotated, Literal

from msgspec import Meta, field

from config.fields import Config, InstrumentName, Name, Seconds
from config.screening import Place

Part = Annotated[float, Meta(gt=0.0, le=1.0)]
TrainedInterval = Literal["1m", "3m", "5m", "15m", "30m", "1h", "2h", "4h", "6h", "12h", "1d"]
"""Of bars that models learn from."""
TrainedKind = Literal["gbt", "lstm"]
"""Models of bars that can be trained here."""
JobKind = Literal["gbt", "lstm", "order_gbt"]
"""Models that a running node can train; `order_gbt`: of orders, from those it has judged and been told of."""


class Barriers(Config, frozen=True, kw_only=True):
    """What a model is asked: which of two prices the market touches first after a bar's close."""

    up: Annotated[float, Meta(gt=0.0, le=100.0)] = 2.0
    """Distance of the upper barrier from the entry, in `unit`."""
    down: Annotated[float, Meta(gt=0.0, le=100.0)] = 2.0
    """Distance of the lower barrier."""
    horizon: Annotated[int, Meta(ge=1, le=1_000)] = 24
    """Bars after which it ends without a touch."""
    unit: Literal["atr", "percent"] = "atr"
    """Average true ranges at the entry, or per cent of the entry price."""

    def prices(self, close: float, atr_share: float) -> tuple[float, float]:
        """Return the upper and lower barrier of an entry at `close`; `atr_share` is the range as share of the price."""
        step = close * (atr_share if self.unit == "atr" else 0.01)
        return close + self.up * step, close - self.down * step


class GbtSection(Config, frozen=True, kw_only=True):
    """Gradient boosted trees: small ones, slowly, for the market is mostly noise."""

    trees: Annotated[int, Meta(ge=1, le=2_000)] = 200
    depth: Annotated[int, Meta(ge=1, le=10)] = 3
    learning_rate: Part = 0.03
    rows: Part = 0.7
    """Share of the rows that each tree sees."""
    columns: Part = 0.6
    """Share of the features that each tree sees."""
    leaf_weight: Annotated[float, Meta(ge=0.0, le=100_000.0)] = 50.0
    """The least sum of second derivatives in a leaf, a quarter of its weight or less."""
    ridge: Annotated[float, Meta(ge=0.0, le=100_000.0)] = 5.0
    """Price of large leaves."""


class LstmSection(Config, frozen=True, kw_only=True):
    """A small recurrent network."""

    window: Annotated[int, Meta(ge=2, le=128)] = 32
    """Bars that it looks back."""
    hidden: Annotated[int, Meta(ge=1, le=128)] = 16
    epochs: Annotated[int, Meta(ge=1, le=200)] = 8
    """With fewer it does not even find a planted future."""
    batch: Annotated[int, Meta(ge=1, le=65_536)] = 256
    learning_rate: Part = 0.005


class RetrainSection(Config, frozen=True, kw_only=True):
    """Models that a running node trains by itself, again and again, on a window that slides with its market."""

    every_h: Annotated[float, Meta(gt=0.0, le=8_760.0)] | None = None
    """Wall hours from one training of a model to the next; None: never."""
    instruments: tuple[InstrumentName, ...] = ()
    """Whose models; none named: those of the node's first instrument. Their interval is `training.interval`."""
    kinds: tuple[JobKind, ...] = ("gbt",)
    """`order_gbt` is one model for all instruments, of the orders that the node was told of."""
    days: Annotated[int, Meta(ge=1, le=3_650)] = 60
    """Market days before now that are learnt from."""
    promote: bool = False
    """Whether a model is promoted when the gate lets it through; else an admin decides."""


Hours = Annotated[float, Meta(ge=0.0, le=8_760.0)]


class OrderGbtSection(GbtSection, frozen=True, kw_only=True):
    """Trees of orders: outcomes are few, so leaves may be smaller than those of bars."""

    leaf_weight: Annotated[float, Meta(ge=0.0, le=100_000.0)] = 10.0
    """The least sum of second derivatives in a leaf, a quarter of its weight or less."""


class OrderTrainingSection(Config, frozen=True, kw_only=True):
    """How a model of orders in options is made of past ones: `run_node.py train --orders`; `[training.orders]`."""

    lasts_h: Annotated[float, Meta(gt=0.0, le=8_760.0)] = 24.0
    """How long an order counts as open that does not say when it was resolved."""
    embargo_h: Hours = 24.0
    """Hours left out between what a model has seen and what it is judged by, beside the time that orders are open."""
    fields: dict[Name, Place] = field(default_factory=dict)
    """Our column -> where it is in the file, as `profit = "pnl.net"`; one that is not here has its own name."""
    max_orders: Annotated[int, Meta(ge=1, le=5_000_000)] = 1_000_000
    """A file with more is refused."""
    gbt: OrderGbtSection = OrderGbtSection()


class TrainingSection(Config, frozen=True, kw_only=True):
    """How models are made: `run_node.py train`."""

    interval: TrainedInterval = "5m"
    """Of the bars; those of a recording are joined."""
    label: Barriers = Barriers()
    folds: Annotated[int, Meta(ge=2, le=20)] = 5
    """Parts of the later data, each judged by a model that has seen only what came before."""
    first: Annotated[float, Meta(ge=0.1, le=0.9)] = 0.4
    """Share of the rows before the first part."""
    embargo: Annotated[int, Meta(ge=0, le=10_000)] = 24
    """Bars left out between what a model has seen and what it is judged by, beside the length of its labels."""
    act_on: Annotated[float, Meta(gt=0.0, le=1.0)] = 0.2
    """Share of the opinions, the strongest of validation, whose like is traded in the report."""
    days: Annotated[int, Meta(ge=1, le=3_650)] = 60
    """How much of a simulated market is learnt from; a recording is used whole."""
    max_bars: Annotated[int, Meta(ge=1_000, le=1_000_000)] = 200_000
    """The newest ones of more."""
    deadline_s: Seconds = 1_800.0
    """Wall time after which a training is given up."""
    nice: Annotated[int, Meta(ge=0, le=19)] = 19
    """How far the training process steps back behind everything else on the machine."""
    gbt: GbtSection = GbtSection()
    lstm: LstmSection = LstmSection()
    orders: OrderTrainingSection = OrderTrainingSection()
    retrain: RetrainSection = RetrainSection()
