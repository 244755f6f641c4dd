"""What the fields of a struct mean: the texts that stand below them in its source."""

import ast
import inspect
from functools import cache
from itertools import pairwise
from textwrap import dedent

from msgspec import Struct


@cache
def field_docs(kind: type[Struct]) -> dict[str, str]:
    """Return field -> docstring of a struct, its bases included."""
    docs: dict[str, str] = {}
    for base in reversed(kind.__mro__):
        if base is not Struct and issubclass(base, Struct):
            docs |= _own_docs(base)
    return docs


def _own_docs(kind: type[Struct]) -> dict[str, str]:
    try:
        tree = ast.parse(dedent(inspect.getsource(kind)))
    except (OSError, TypeError):  # made at run time: nothing to read
        return {}
    (body,) = (node.body for node in tree.body if isinstance(node, ast.ClassDef))
    docs = {}
    for field, below in pairwise(body):
        if isinstance(field, ast.AnnAssign) and isinstance(field.target, ast.Name) and (text := _text(below)):
            docs[field.target.id] = text
    return docs


def _text(node: ast.stmt) -> str:
    is_text = isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant) and isinstance(node.value.value, str)
    return " ".join(node.value.value.split()) if is_text else ""  # type: ignore[attr-defined]
