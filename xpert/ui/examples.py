"""Treatments to begin with, each with the reason why it is worth a look."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from xpert.errors import InputError
from xpert.perturbation import Treatment
from xpert.ui.plan import Plan

if TYPE_CHECKING:
    from collections.abc import Sequence

    from xpert.model.bundle import BundleInfo


class Example(NamedTuple):
    """One question for one bundle."""

    model: str
    context: str
    treatment: str
    why: str

    @property
    def plan(self) -> Plan:
        """The question as a plan."""
        return Plan(self.model, self.context, (Treatment.parse(self.treatment),))


EXAMPLES = (
    Example(
        "perturbseq",
        "k562",
        "KLF1:crispra + MAP2K6:crispra",
        "Two activated genes at once, measured: compare the prediction with what was observed.",
    ),
    Example(
        "perturbseq",
        "k562",
        "KLF1:crispra + MAP2K3:crispra",
        "Two activated genes that were each measured alone, and never together.",
    ),
    Example(
        "l1000",
        "L1000 consensus",
        "vorinostat:compound",
        "A histone deacetylase inhibitor with a strong, well-known response.",
    ),
)


def available(infos: Sequence[BundleInfo]) -> list[Example]:
    """The examples whose model and context are here."""
    contexts = {info.name: info.contexts for info in infos}
    return [e for e in EXAMPLES if e.context in contexts.get(e.model, ())]


def first_plan(infos: Sequence[BundleInfo]) -> Plan:
    """What the Predict page shows before anything was asked: the first example, or else control.

    Raises
    ------
    InputError
        When no bundle has a context.
    """
    fitting = available(infos)
    if fitting:
        return fitting[0].plan
    for info in infos:
        if info.contexts:
            return Plan(info.name, info.contexts[0], (Treatment(),))
    raise InputError("No installed model knows a context to predict in.")
