"""The Python lines that give what the Predict page shows, each block complete in itself."""

from __future__ import annotations

import json
from enum import Enum
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping

    from xpert.ui.plan import Plan

_BUNDLED = """\
from xpert import Treatment
from xpert.model.bundle import load_bundle
from xpert.prediction.predict import predict
{imports}
model = load_bundle({model})
treatments = [{treatments}]
predictions = predict(model, [{context}], treatments)
{last}
"""

_OWN_DATA = """\
from xpert import Treatment
from xpert.data.open import open_dataset
from xpert.model.bundle import load_bundle
from xpert.prediction.predict import predict
from xpert.prediction.controls import context_from_dataset
{imports}
model = load_bundle({model})
dataset = open_dataset({file}, mapping={mapping})
context = context_from_dataset(dataset, model, {context})
treatments = [{treatments}]
predictions = predict(model, [context], treatments{support})
{last}
"""


class Part(Enum):
    """What of the page the lines give: what they import, and how they end."""

    TABLE = ("", "predictions[{place}].table")
    REASONS = (
        "from xpert.prediction.doubts import doubts\n",
        "doubts(predictions[{place}], model{cells})",
    )
    SIDE_BY_SIDE = (
        "from xpert.prediction.export import gene_table\n",
        'shifts = gene_table(predictions)\nshifts.pivot(index="gene", columns="treatment", values="delta")',
    )
    ACTIVITY = (
        "from xpert.response.activity import activity\n",
        "shown = predictions[{place}]\nactivity(shown.table, {collection}, without=shown.treatment.targets)",
    )
    GENE_SETS = ("from xpert.prediction.gmt import gmt\n", "gmt(predictions)")
    LEARNED = (
        "from xpert.model.metrics import pearson\nfrom xpert.prediction.controls import match_genes\n",
        "shown, learned = predictions[{place}], model.training\n"
        "conditions = [(c.context, c.treatment.active) for c in learned.conditions]\n"
        "row = conditions.index((shown.context, shown.treatment.active))\n"
        "measured = learned.delta[row][match_genes(model.genes, shown.genes)]\n"
        "pearson(shown.delta[None, :], measured[None, :])",
    )
    MEASURED = (
        "from xpert.data.responses import Condition\n"
        "from xpert.model.metrics import pearson\nfrom xpert.prediction.controls import match_genes\n",
        "shown, responses = predictions[{place}], dataset.responses(contexts=[{context}])\n"
        "row = responses.conditions.index(Condition({context}, shown.treatment))\n"
        "measured = responses.delta[row][match_genes(responses.genes, shown.genes)]\n"
        "pearson(shown.delta[None, :], measured[None, :])",
    )
    CELLS = (
        "from xpert.prediction.cells import sample_cells\n"
        "from xpert.prediction.controls import control_cells\n",
        "shown = predictions[{place}]\n"
        "control = control_cells(dataset, {context}, shown.genes)[:2000]\n"
        "sample_cells(shown, control, seed=0)",
    )


def python_lines(
    plan: Plan,
    part: Part = Part.TABLE,
    *,
    place: int = 0,
    file: str = "",
    mapping: Mapping[str, object] | None = None,
    collection: str = "HALLMARK",
) -> str:
    """The lines for one part of the page; the last of them is what is shown.

    Parameters
    ----------
    plan
        What the page shows.
    part
        Of the page.
    place
        Of the shown treatment among those of the plan.
    file
        Name of the reader's file, where the plan is about one.
    mapping
        Its confirmed mapping.
    collection
        Sets of genes whose activity is shown.
    """
    imports, last = part.value
    words = {
        "model": _quoted(plan.model),
        "context": _quoted(plan.context),
        "treatments": ", ".join(f"Treatment.parse({_quoted(str(t))})" for t in plan.treatments),
        "imports": imports,
    }
    cells = ", control_cells=context.cells" if plan.data else ""
    words["last"] = last.format(
        place=place, cells=cells, collection=_quoted(collection), context=words["context"]
    )
    if not plan.data:
        return _BUNDLED.format(**words)
    support = ", support=dataset" if plan.support else ""
    return _OWN_DATA.format(**words, file=_quoted(file), mapping=repr(dict(mapping or {})), support=support)


def _quoted(text: str) -> str:
    return json.dumps(text, ensure_ascii=False)
