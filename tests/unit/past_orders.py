"""Past orders for tests of training: made ones whose result hangs on what they were, or on nothing."""

import csv
import io
import json

import numpy as np

from config.training import OrderGbtSection, OrderTrainingSection, TrainingSection

START_S = 1_700_000_040
SMALL = TrainingSection(
    folds=2,
    first=0.5,
    orders=OrderTrainingSection(
        embargo_h=1.0, gbt=OrderGbtSection(trees=20, learning_rate=0.1, leaf_weight=2.0, columns=1.0)
    ),
)


def past_rows(count=700, *, seed=5, skill=1.0, every_s=1_800):
    """Condors and butterflies, an order each half hour, resolved two hours later.

    A condor wins more often, and either wins more often the nearer its middle is to the price; `skill` 0: by chance.
    """
    draw, rows = np.random.default_rng(seed), []
    for number in range(count):
        is_condor = bool(draw.random() < 0.5)
        price = 5_000.0 + 200.0 * float(draw.normal())
        away = float(draw.uniform(-0.02, 0.02))
        middle = price * (1.0 + away)
        chance = (0.65 if is_condor else 0.35) + skill * (0.4 if abs(away) < 0.01 else -0.4)  # half of them
        won = bool(draw.random() < min(max(chance, 0.02), 0.98))
        offsets = (-40, -30, 30, 40) if is_condor else (-20, 0, 20)
        ts = START_S + number * every_s
        rows.append(
            {
                "id": f"o-{number}",
                "timestamp": ts,
                "symbol": "SPX" if number % 3 else "NDX",
                "strategy": "Iron Condor" if is_condor else "Butterfly",
                "strikes": "/".join(f"{middle + offset:.1f}" for offset in offsets),
                "premium": round(float(draw.uniform(0.5, 3.0)), 2),
                "predicted_price": round(price * (1.0 + float(draw.normal(0.0, 0.002))), 2),
                "action": "SELL" if is_condor else "BUY",
                "quantity": 1,
                "price": round(price, 2),
                "volatility_level": round(15.0 + float(draw.normal()), 2),
                "profit": round(float(draw.uniform(20, 90)) * (1 if won else -1), 2),
                "resolved": ts + 7_200,
            }
        )
    return rows


def as_csv(rows):
    """The rows as a CSV file."""
    out = io.StringIO(newline="")
    writer = csv.DictWriter(out, rows[0])
    writer.writeheader()
    writer.writerows(rows)
    return out.getvalue()


def as_lines(rows):
    """The rows as JSON lines."""
    return "".join(json.dumps(row) + "\n" for row in rows)


def write(path, rows):
    """A file of the rows, in the form that its name says."""
    path.write_text(as_csv(rows) if path.suffix == ".csv" else as_lines(rows))
    return path
