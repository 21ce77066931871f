"""From a plan to its predictions, kept for the session so that a click on the page does not compute them again."""

from __future__ import annotations

from typing import TYPE_CHECKING

from xpert.errors import InputError
from xpert.ui import load, session
from xpert.ui.own_cells import context_for, support_in
from xpert.ui.progress import tracked

if TYPE_CHECKING:
    from collections.abc import Sequence

    from xpert.data.responses import Context
    from xpert.model.bundle import Bundle
    from xpert.perturbation import Treatment
    from xpert.prediction.prediction import Prediction
    from xpert.prediction.support import SupportSet
    from xpert.ui.plan import Plan
    from xpert.ui.upload import Upload

_BLOCK = 4


def predictions(plan: Plan) -> list[Prediction]:
    """Predict every treatment of the plan, in its order.

    Raises
    ------
    InputError
        When the plan asks for something that this model or this session does not have.
    """
    from xpert.prediction.predict import predict

    kept = session.current().results
    if plan in kept:
        return kept[plan]
    bundle = load.bundle(plan.model)
    context = _context(plan, bundle)
    support = _support(plan, bundle)
    found = [
        prediction
        for some in tracked(_in_blocks(plan.treatments), "Predicting")
        for prediction in predict(bundle, [context], some, support)
    ]
    session.current().keep_result(plan, found)
    return found


def _in_blocks(treatments: Sequence[Treatment]) -> list[Sequence[Treatment]]:
    """A few at a time: together they cost little more than one, and the bar still moves."""
    return [treatments[i : i + _BLOCK] for i in range(0, len(treatments), _BLOCK)]


def upload_of(plan: Plan) -> Upload | None:
    """The reader's data, where they are the ones that the plan is about."""
    upload = session.current().upload
    return upload if upload and upload.dataset and plan.data and upload.sha256.startswith(plan.data) else None


def _context(plan: Plan, bundle: Bundle) -> str | Context:
    if not plan.data:
        return plan.context
    upload = upload_of(plan)
    if upload is None or upload.dataset is None:
        raise InputError(
            f"This prediction starts from the control cells of a file whose sha256 begins with {plan.data}. "
            "Open that file on the Data page first, or choose one of the model's own contexts."
        )
    return context_for(bundle, upload.dataset, plan.context)


def _support(plan: Plan, bundle: Bundle) -> SupportSet | None:
    upload = upload_of(plan)
    if not plan.support or upload is None or upload.dataset is None:
        return None
    return support_in(bundle, upload.dataset, plan.context)
