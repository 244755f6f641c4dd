"""Learning of the small recurrent network, in NumPy, from windows of features to the file that the node reads."""

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
from msgspec import Struct
from numpy.typing import NDArray

from actors.signal.models.lstm import CLIP, Sequences, dump_lstm, load_lstm
from actors.signal.training.network import Adam, Array, Arrays, loss, loss_and_slopes, start
from actors.signal.training.windows import Windows
from config.training import LstmSection

Progress = Callable[[int, int, float], None]
"""Told after each epoch: how many are done, of how many, and the loss of the validation tail (nats)."""

Batches = Sequence[NDArray[np.intp]]

TAIL = 0.15
"""Share of the examples, the newest, by which an epoch is judged; a window's length before them is left out."""
LEAST_TAIL = 50
"""With a smaller tail every epoch is taken."""
PATIENCE = 3
"""Epochs without a better one after which learning ends."""
LEAST_STEPS = 32
"""Of an epoch: with few examples batches are smaller, down to `LEAST_BATCH`, or nothing would be learnt."""
LEAST_BATCH = 16
_LEAST_SCALE = 1e-6
_BATCH = 1_024


class Examples(Struct, frozen=True):
    """What is learnt from, cut out and standardized a batch at a time."""

    windows: Windows
    y: NDArray[Any]
    w: Array
    mean: NDArray[np.float32]
    scale: NDArray[np.float32]

    def of(self, rows: NDArray[np.intp]) -> tuple[Array, Array, Array]:
        """Return standardized windows, labels and weights of some examples."""
        x = (self.windows[rows].astype(np.float32) - self.mean) / self.scale
        return np.clip(x, -CLIP, CLIP), self.y[rows].astype(np.float32), self.w[rows].astype(np.float32)


def fit_lstm(
    windows: Windows,
    y: NDArray[Any],
    w: Array,
    params: LstmSection,
    seed: int,
    *,
    progress: Progress | None = None,
    is_late: Callable[[], bool] | None = None,
) -> bytes:
    """Return the file of a network that has learnt from examples: the same input gives the same bytes.

    Args:
        windows: Feature vectors, in the order of time, finite.
        y: Labels 0 and 1, shape (n,).
        w: Weights, mean 1, shape (n,).
        params: Size and speed.
        seed: Of the first weights and of the order of examples.
        progress: Told after each epoch.
        is_late: Asked between batches whether the time is over.

    Raises:
        TimeoutError: If the time was over before the end: half a model is none.
    """
    draw = np.random.default_rng(seed)
    learnt, tail = parts(len(windows), windows.shape[1])
    mean, scale = _standard(windows.last(len(learnt)))
    examples = Examples(windows, y, w, mean, scale)
    arrays = start(windows.shape[2], params.hidden, float(np.average(y[learnt], weights=w[learnt])), draw)
    adam = Adam(arrays, params.learning_rate)
    batches = -(-len(learnt) // min(params.batch, max(LEAST_BATCH, len(learnt) // LEAST_STEPS)))
    best, best_loss, since = arrays, np.inf, 0
    for epoch in range(params.epochs):
        _epoch(arrays, adam, examples, np.array_split(draw.permutation(learnt), batches), is_late)
        found = _tail_loss(arrays, examples, tail)
        since += 1
        if found < best_loss or not len(tail):
            best, best_loss, since = {name: array.copy() for name, array in arrays.items()}, found, 0
        if progress is not None:
            progress(epoch + 1, params.epochs, found)
        if since >= PATIENCE:
            break
    return dump_lstm(windows.shape[1], {"mean": mean, "scale": scale} | best)


def predict_lstm(model: bytes, windows: Sequences) -> NDArray[np.float64]:
    """Return the probabilities of one model of `fit_lstm`, shape (n,), by the code that the node runs."""
    return load_lstm(model).predict_all(windows)


def parts(count: int, window: int) -> tuple[NDArray[np.intp], NDArray[np.intp]]:
    """Return the rows that are learnt from and those that judge; no bar is in windows of both."""
    size = int(count * TAIL)
    rows = np.arange(count)
    if size < LEAST_TAIL or count - size - window < LEAST_TAIL:
        return rows, rows[:0]
    return rows[: count - size - window], rows[count - size :]


def _epoch(
    arrays: Arrays, adam: Adam, examples: Examples, batches: Batches, is_late: Callable[[], bool] | None
) -> None:
    """Learn from every example once."""
    for rows in batches:
        if is_late is not None and is_late():
            raise TimeoutError("the time for training was over")
        adam.step(arrays, loss_and_slopes(arrays, *examples.of(rows))[1])


def _standard(vectors: Array) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
    """Return mean and scale of every feature; one that never changes keeps its scale of 1."""
    mean, scale = vectors.mean(axis=0, dtype=np.float64), vectors.std(axis=0, dtype=np.float64)
    scale = np.where(scale < _LEAST_SCALE, 1.0, scale)
    return mean.astype(np.float32), scale.astype(np.float32)


def _tail_loss(arrays: Arrays, examples: Examples, tail: NDArray[np.intp]) -> float:
    """Return the loss of the tail; NaN without one."""
    total = weight = 0.0
    for first in range(0, len(tail), _BATCH):
        x, y, w = examples.of(tail[first : first + _BATCH])
        total += loss(arrays, x, y, w) * float(w.sum())
        weight += float(w.sum())
    return total / weight if weight else float("nan")
