"""What models learn from, whatever it is made of: numbers, what became of them, and when that was known."""

from typing import Protocol

from msgspec import Struct

from actors.signal.training.labels import Floats, Ints
from config.fields import IntervalName


class Schema(Struct, frozen=True, kw_only=True):
    """What the numbers of an example mean."""

    name: str
    """And version."""
    names: tuple[str, ...]
    hash: str
    golden: tuple[float, ...]
    """Numbers of the shipped example, by which a node tells that it computes as the training did."""


class Origin(Struct, frozen=True, kw_only=True):
    """Whose examples these are, and of which time."""

    instrument_id: str
    """With the interval, where the model is kept."""
    interval: IntervalName
    sha256: str
    """Of what was learnt from."""
    from_ns: int
    until_ns: int
    """When the last label was known, UNIX nanoseconds of market time."""
    slot_ns: int
    """Length of the pieces of time by which examples and labels are counted."""


class Examples(Protocol):
    """Examples in the order of time; n of them, each with a label 0 or 1."""

    @property
    def schema(self) -> Schema:
        """What the numbers mean."""

    @property
    def origin(self) -> Origin:
        """Where they come from."""

    @property
    def index(self) -> Ints:
        """Slot of each example, never falling, shape (n,)."""

    @property
    def end(self) -> Ints:
        """Slot in which the label of each example was known, above its own, shape (n,)."""

    @property
    def y(self) -> Ints:
        """Label of each example, shape (n,)."""

    @property
    def ts(self) -> Ints:
        """When each example was there, UNIX nanoseconds, shape (n,)."""

    @property
    def group(self) -> Ints:
        """Kind of each example, from 0 on, shape (n,): who knows nothing else still knows how often a kind ends up."""

    def __len__(self) -> int: ...

    def x(self, rows: Ints) -> Floats:
        """Return the numbers of these examples, shape (rows, features)."""

    def weights(self, rows: Ints) -> Floats:
        """Return how much these examples count among themselves, with a mean of 1."""

    def effective(self, rows: Ints) -> float:
        """Return how many independent labels these examples are worth."""

    def future(self, rows: Ints) -> Floats:
        """Return a number of each of these examples that nobody could have known then."""

    @property
    def sources(self) -> int:
        """Of how many rows the examples were made."""

    def beginning(self, count: int) -> Floats:
        """Return the numbers of the first `count` of those rows, computed without the later ones."""
