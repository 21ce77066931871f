"""Python lines that give the tables of the page."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Sequence

_QUERY = """\
from xpert import list_bundles, load_bundle
from xpert.data.signature_file import Signature
from xpert.perturbverse.query import Direction, query

models = [load_bundle(info.name) for info in list_bundles()]
signature = {signature}
table = query(models, signature, Direction.{direction})
table
"""
_ASSOCIATE = """\
from xpert import Treatment, load_bundle
from xpert.perturbverse.associate import associate

model = load_bundle({model})
table = associate(model, Treatment.parse({treatment}))
table
"""
_NEIGHBOURS = """\
from xpert import Treatment, load_bundle
from xpert.perturbverse.neighbours import neighbours

model = load_bundle({model})
table = neighbours(model, Treatment.parse({treatment}), by={way}, k={k})
table
"""


def query_lines(signature: str, direction: str) -> str:
    """Those of a signature, which is given as Python."""
    return _QUERY.format(signature=signature, direction=direction.upper())


def lists_python(up: Sequence[str], down: Sequence[str]) -> str:
    """Two lists as Python."""
    return f"Signature.of_lists(up={_quoted(list(up))}, down={_quoted(list(down))})"


def file_python(name: str) -> str:
    """A table of changes in a file as Python."""
    return f"Signature.of_text(open({_quoted(name)}, encoding='utf-8-sig').read())"


def associate_lines(model: str, treatment: str) -> str:
    """Those of an association."""
    return _ASSOCIATE.format(model=_quoted(model), treatment=_quoted(treatment))


def neighbour_lines(model: str, treatment: str, way: str, k: int) -> str:
    """Those of neighbours."""
    return _NEIGHBOURS.format(model=_quoted(model), treatment=_quoted(treatment), way=_quoted(way), k=k)


def _quoted(value: object) -> str:
    return json.dumps(value, ensure_ascii=False)
