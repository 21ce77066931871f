"""Carry CRISPRi shifts to a glioma line that was never perturbed: a control task without measurable signal."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from xpert.evaluation.response_contest import Ask, Contestant, ResponseContest
from xpert.evaluation.screens import METRICS, ScreenScorer, replicate_ceiling
from xpert.evaluation.splits import Fold, Folds
from xpert.evaluation.task import Metric, Role, context_of

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from xpert.data.responses import Responses

LINES = ("A172", "T98G", "U87MG")


@dataclass(frozen=True)
class McFalineCrossLine:
    """Nine targets in each of three lines; a line is asked whole."""

    name: str = "mcfaline_cross_line"
    title: str = "McFaline-Figueroa 2023, CRISPRi: a glioma line that was never perturbed (no measurable signal; one deal for every seed)"
    metrics: tuple[Metric, ...] = METRICS
    goals: tuple[()] = ()
    unit: Callable[[str], str] = context_of

    def deal(self, data: Path, seed: int) -> Folds:
        """Every line once; all seeds hold the same folds."""
        names = _names(_responses(data))
        lines = [tuple(n for n in names if n.startswith(f"{line}|")) for line in LINES]
        folds = tuple(Fold(tuple(n for n in names if n not in line), line) for line in lines)
        return Folds(self.name, seed, folds)

    def prepare(self, data: Path, folds: Folds) -> ResponseContest:
        """Read the screens and lay out the refits."""
        from xpert.data.collections.norman_mcfaline import dataset

        responses = _responses(data)
        row = {_key(name): i for i, name in enumerate(_names(responses))}

        def rows(names: tuple[str, ...]) -> np.ndarray:
            return np.array([row[_key(name)] for name in names], dtype=np.intp)

        asks = tuple(Ask(i, rows(f.train), rows(f.test)) for i, f in enumerate(folds.folds))
        scorer = ScreenScorer(responses, {})
        asked = sorted(int(i) for ask in asks for i in ask.test)
        return ResponseContest(
            responses,
            responses,
            asks,
            _contestants(),
            scorer,
            lambda: replicate_ceiling(dataset(data), scorer, asked, folds.seed),
        )


TASK = McFalineCrossLine()


def _contestants() -> dict[str, Contestant]:
    from xpert.evaluation.nulls import shuffled
    from xpert.model.baselines.context_mean import ContextMean
    from xpert.model.baselines.mean_shift import MeanShift
    from xpert.model.baselines.no_change import NoChange

    return {
        "mean": Contestant(Role.REFERENCE, MeanShift()),
        "mean over contexts": Contestant(Role.REFERENCE, ContextMean()),
        "no change": Contestant(Role.SHIPPED, NoChange()),
        "mean over contexts, shuffled labels": Contestant(Role.NULL, shuffled(ContextMean())),
    }


def _responses(data: Path) -> Responses:
    from xpert.data.collections.norman_mcfaline import load

    return load(data)


def _names(responses: Responses) -> list[str]:
    """As the split file has them: the line and the symbols, joined by a plus sign."""
    return [f"{c.context}|{'+'.join(sorted(c.treatment.targets))}" for c in responses.conditions]


def _key(name: str) -> tuple[str, frozenset[str]]:
    context, targets = name.split("|")
    return context, frozenset(targets.split("+"))
