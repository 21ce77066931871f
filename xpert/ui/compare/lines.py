"""The Python lines that give what a tab shows."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

from xpert.ui.compare.asked import Asked, View

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

_OPENING = """\
import xpert
{imports}
model = xpert.load_bundle({model})
{context}
"""
_OWN = """\
dataset = xpert.open_dataset({file}, mapping={mapping})
context = xpert.context_from_dataset(dataset, model, {context})"""
_SIDE_BY_SIDE = """\
treatments = [
{treatments}
]
comparison = Comparison.of(xpert.predict(model, [context], treatments))
comparison.similarity(Similarity.{measure})
comparison.responders({least}, Rule.{rule})
"""
_COMBINATION = """\
combination = combine(model, context, xpert.Treatment.parse({treatment}))
combination.coefficient  # slope on the sum of the parts, with its 90 % interval
combination.table
"""
_DOSES = """\
(compound,) = xpert.Treatment.parse({treatment}).perturbations
doses = [{doses}]
response = dose_response(model, context, compound, doses)
response.curve({signature}).fit  # the EC50, or why there is none
response.curve({signature}).table
"""
_IMPORTS = {
    View.SIDE_BY_SIDE: "from xpert.response.comparison import Comparison, Rule, Similarity\n",
    View.COMBINATION: "from xpert.design.combination import combine\n",
    View.DOSES: "from xpert.design.dose_response import Signature, dose_response\n",
}


def python_lines(
    asked: Asked,
    *,
    least: int = 2,
    signature: str = '""',
    file: str = "",
    mapping: Mapping[str, object] | None = None,
) -> str:
    """The lines for a question.

    Parameters
    ----------
    asked
        What the tab shows.
    least
        In how many treatments a gene has to move.
    signature
        Python text of the gene or signature over doses.
    file, mapping
        Name of the reader's file, where its control cells are the context, and its confirmed mapping.
    """
    context = f"context = {_quoted(asked.context)}"
    if asked.data:
        context = _OWN.format(
            file=_quoted(file), mapping=repr(dict(mapping or {})), context=_quoted(asked.context)
        )
    opening = _OPENING.format(imports=_IMPORTS[asked.view], model=_quoted(asked.model), context=context)
    return opening + _body(asked, least, signature)


def _body(asked: Asked, least: int, signature: str) -> str:
    if asked.view is View.SIDE_BY_SIDE:
        return _SIDE_BY_SIDE.format(
            treatments="\n".join(
                f"    xpert.Treatment.parse({_quoted(str(treatment))})," for treatment in asked.treatments
            ),
            measure=asked.measure.name,
            rule=asked.rule.name,
            least=least,
        )
    treatment = _quoted(str(asked.treatments[0]))
    if asked.view is View.COMBINATION:
        return _COMBINATION.format(treatment=treatment)
    doses = ", ".join(f'xpert.Dose({d.value:g}, xpert.DoseUnit.of("{d.unit}"))' for d in asked.doses)
    return _DOSES.format(treatment=treatment, doses=doses, signature=signature)


def signature_text(name: str, up: Sequence[str], down: Sequence[str]) -> str:
    """Python text of a signature."""
    if not down and len(up) == 1 and up[0] == name:
        return _quoted(name)
    sides = ", ".join(f"({''.join(f'{_quoted(g)}, ' for g in side).strip()})" for side in (up, down))
    return f"Signature({_quoted(name)}, {sides})"


def _quoted(text: str) -> str:
    return json.dumps(text, ensure_ascii=False)
