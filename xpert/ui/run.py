"""From a plan to its predictions, kept for the session so that a click on the page does not compute them again."""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol

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
    context = context_of(plan, bundle)
    support = support_of(plan, bundle)
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


class OwnCells(Protocol):
    """What may be about the cells of the reader's file."""

    @property
    def context(self) -> str:
        """Name of the context."""
        ...

    @property
    def data(self) -> str:
        """First letters of the file's sha256; empty for a context of the bundle."""
        ...

    @property
    def support(self) -> bool:
        """Whether the treatments measured in the file correct the answer."""
        ...


def upload_of(asked: OwnCells) -> Upload | None:
    """The reader's data, where they are the ones that are asked about."""
    upload = session.current().upload
    mine = upload and upload.dataset and asked.data and upload.sha256.startswith(asked.data)
    return upload if mine else None


def context_of(asked: OwnCells, bundle: Bundle) -> str | Context:
    """The bundle's context by its name, or the one of the reader's file.

    Raises
    ------
    InputError
        When the file is not open, or its cells do not fit the bundle.
    """
    if not asked.data:
        return asked.context
    upload = upload_of(asked)
    if upload is None or upload.dataset is None:
        raise InputError(
            f"This is about the control cells of a file whose sha256 begins with {asked.data}. "
            "Open that file on the Data page first, or choose one of the model's own contexts."
        )
    return context_for(bundle, upload.dataset, asked.context)


def support_of(asked: OwnCells, bundle: Bundle) -> SupportSet | None:
    """What the reader measured in these cells, where that is to correct the answer."""
    upload = upload_of(asked)
    if not asked.support or upload is None or upload.dataset is None:
        return None
    return support_in(bundle, upload.dataset, asked.context)
