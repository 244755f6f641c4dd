"""One training from past orders to a judged model."""

from actors.screening.model import KIND, golden_order
from actors.screening.training.describe import order_meta, order_report
from actors.screening.training.examples import HOUR_NS, order_examples
from actors.screening.training.file import PastOrders
from actors.screening.training.report import OrderReport
from actors.screening.training.wish import OrderWish
from actors.signal.session import Session
from actors.signal.training.compare import Current, recipe_params
from actors.signal.training.learners import gbt_learner
from actors.signal.training.trainer import Plan, Told, Trained, files_of, study


def train_orders(past: PastOrders, wish: OrderWish, current: Current | None, told: Told) -> Trained[OrderReport]:
    """Learn from past orders, judge what was learnt, and say whether it may be used.

    Args:
        past: The orders.
        wish: What to make of them.
        current: The promoted model, which a better one replaces.
        told: Hears how far it is.

    Raises:
        InsufficientDataError: If there are too few.
        MarketDataError: If there are none, or they are decades apart.
        ConfigError: If the session cannot be read.
    """
    section, golden = wish.section, golden_order()
    told("features", 0, 1, f"{len(past.orders):,} orders")
    session = None if wish.session is None else Session.from_text(wish.session)
    data = order_examples(past, session, section.orders)
    plan = Plan(
        folds=section.folds,
        first=section.first,
        embargo=round(section.orders.embargo_h * HOUR_NS / data.origin.slot_ns),
        act_on=section.act_on,
        seed=wish.seed,
    )
    beside = None
    if current is not None:
        beside = current, gbt_learner(KIND, recipe_params(current, section.orders.gbt), golden)
    found = study(data, gbt_learner(KIND, section.orders.gbt, golden), plan, beside, told)
    report = order_report(wish, data, found)
    told("model", 1, 1, "the model is made")
    return Trained(report, order_meta(found, report), files_of(found))
