"""What each tab offers before anything was asked: measured treatments with a strong response."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from xpert.perturbation import Treatment

if TYPE_CHECKING:
    from xpert.model.bundle import Bundle
    from xpert.perturbation import Perturbation

_WANTED = {
    "perturbseq": ("KLF1:crispra", "MAP2K6:crispra", "KLF1:crispra + MAP2K6:crispra", "IRF1:crispra"),
    "l1000": ("vorinostat:compound", "trichostatin-a:compound", "geldanamycin:compound"),
}
_WHOLE = {"perturbseq": "KLF1:crispra + MAP2K3:crispra"}
_COUNT = 4


def treatments(bundle: Bundle, context: str) -> list[Treatment]:
    """A few measured treatments to compare: known ones, or else those that move the genes most."""
    measured = _by_size(bundle, context)
    known = {str(t): t for t in measured}
    wanted = [known[text] for text in _WANTED.get(bundle.name, ()) if text in known]
    return wanted if len(wanted) > 1 else _different(measured)[:_COUNT]


def whole(bundle: Bundle, context: str) -> Treatment | None:
    """A combination whose parts were measured alone: a known one, a measured one, or two strong parts."""
    measured = _by_size(bundle, context)
    known = _WHOLE.get(bundle.name)
    if known is not None:
        wanted = Treatment.parse(known)
        parts = {Treatment.of(p) for p in wanted.perturbations}
        if parts <= set(measured):
            return wanted
    alone = [t for t in measured if len(t) == 1]
    singles = {p for t in alone for p in t.perturbations}
    doubles = [t for t in measured if len(t) > 1 and t.perturbations <= singles]
    if doubles:
        return doubles[0]
    apart = _different(alone)
    return Treatment(apart[0].perturbations | apart[1].perturbations) if len(apart) > 1 else None


def compound(bundle: Bundle, context: str) -> Perturbation | None:
    """The compound with the strongest response among those measured at most doses in a context; None without any."""
    doses: dict[str, set[Treatment]] = {}
    ranked = [t for t in _by_size(bundle, context) if len(t) == 1 and next(iter(t.perturbations)).dose]
    for treatment in ranked:
        doses.setdefault(treatment.targets[0], set()).add(treatment)
    most = max(map(len, doses.values()), default=0)
    if most < 2:
        return None
    chosen = next(t for t in ranked if len(doses[t.targets[0]]) == most)
    return next(iter(chosen.perturbations))


def _by_size(bundle: Bundle, context: str) -> list[Treatment]:
    """Treatments measured in a context, or in any where it has none, the largest response first."""
    conditions = bundle.training.conditions
    rows = [i for i, c in enumerate(conditions) if c.context == context] or list(range(len(conditions)))
    size = np.linalg.norm(np.nan_to_num(bundle.training.delta[rows]), axis=1)
    order = [rows[i] for i in np.argsort(-size, kind="stable")]
    return list(dict.fromkeys(conditions[i].treatment for i in order))


def _different(measured: list[Treatment]) -> list[Treatment]:
    """One treatment per set of targets."""
    first: dict[tuple[str, ...], Treatment] = {}
    for treatment in measured:
        first.setdefault(treatment.targets, treatment)
    return list(first.values())
