"""The Python lines that give the same table as the page."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping

    from xpert.ui.plan import Plan

_BUNDLED = """\
from xpert import Treatment
from xpert.model.bundle import load_bundle
from xpert.prediction.predict import predict

model = load_bundle({model})
treatments = [{treatments}]
predictions = predict(model, [{context}], treatments)
predictions[0].table
"""

_OWN_DATA = """\
from xpert import Treatment
from xpert.data.open import open_dataset
from xpert.model.bundle import load_bundle
from xpert.prediction.predict import predict
from xpert.prediction.controls import context_from_dataset

model = load_bundle({model})
dataset = open_dataset({file}, mapping={mapping})
context = context_from_dataset(dataset, model, {context})
treatments = [{treatments}]
predictions = predict(model, [context], treatments{support})
predictions[0].table
"""


def python_lines(plan: Plan, *, file: str = "", mapping: Mapping[str, object] | None = None) -> str:
    """The lines for a plan.

    Parameters
    ----------
    plan
        What the page shows.
    file
        Name of the reader's file, where the plan is about one.
    mapping
        Its confirmed mapping.
    """
    words = {
        "model": _quoted(plan.model),
        "context": _quoted(plan.context),
        "treatments": ", ".join(f"Treatment.parse({_quoted(str(t))})" for t in plan.treatments),
    }
    if not plan.data:
        return _BUNDLED.format(**words)
    support = ", support=dataset" if plan.support else ""
    return _OWN_DATA.format(**words, file=_quoted(file), mapping=repr(dict(mapping or {})), support=support)


def _quoted(text: str) -> str:
    return json.dumps(text, ensure_ascii=False)
