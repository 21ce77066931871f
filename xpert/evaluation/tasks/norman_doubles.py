"""Leave one double out of Norman's CRISPRa screen in K562."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from xpert.evaluation.response_contest import Ask, Contestant, ResponseContest
from xpert.evaluation.screens import METRICS, ScreenScorer, replicate_ceiling
from xpert.evaluation.splits import Fold, Folds
from xpert.evaluation.task import ALL, Goal, Metric, Role, itself
from xpert.model.question import Question, classify

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from xpert.data.responses import Responses

CONTEXT = "k562"
SUBSETS = {
    Question.BOTH_SINGLES_SEEN: "both singles seen",
    Question.ONE_SINGLE_SEEN: "one single seen",
    Question.NO_SINGLE_SEEN: "no single seen",
}


@dataclass(frozen=True)
class NormanDoubles:
    """Fifteen doubles, each left out alone; 18 singles and the other doubles are learned from."""

    name: str = "norman_doubles"
    title: str = (
        "Norman 2019, CRISPRa in K562: a double that was never measured (one deal, the same for every seed)"
    )
    metrics: tuple[Metric, ...] = METRICS
    goals: tuple[Goal, ...] = (
        Goal(ALL, "L2", 1.256, 1.200, 1.10),
        Goal(ALL, "pearson_delta", 0.623, 0.673, 0.70),
        Goal(ALL, "pds_cosine_centred", 0.852, 0.881, 0.90),
        Goal("both singles seen", "L2", 0.402, 0.319, 0.319),
        Goal("both singles seen", "pearson_delta", 0.938, 0.952, 0.952),
        Goal("no single seen", "pearson_delta", 0.434, 0.543, 0.60),
    )
    unit: Callable[[str], str] = itself

    def deal(self, data: Path, seed: int) -> Folds:
        """Every double once; there is one way to leave one out, so all seeds hold the same folds."""
        names = sorted(_names(_responses(data)))
        doubles = [name for name in names if "+" in name]
        return Folds(
            self.name,
            seed,
            tuple(Fold(tuple(n for n in names if n != double), (double,)) for double in doubles),
        )

    def prepare(self, data: Path, folds: Folds) -> ResponseContest:
        """Read the screen and lay out the refits."""
        from xpert.data.collections.norman_mcfaline import dataset

        responses = _responses(data)
        row = {_key(name): i for i, name in enumerate(_names(responses))}
        asks = tuple(
            Ask(number, _rows(row, fold.train), _rows(row, fold.test))
            for number, fold in enumerate(folds.folds)
        )
        subsets = {
            int(i): (SUBSETS[classify(responses.conditions[i], responses.take(ask.train).conditions)],)
            for ask in asks
            for i in ask.test
        }
        scorer = ScreenScorer(responses, subsets)
        asked = sorted(subsets)
        return ResponseContest(
            responses,
            responses,
            asks,
            _contestants(),
            scorer,
            lambda: replicate_ceiling(dataset(data), scorer, asked, folds.seed),
        )


TASK = NormanDoubles()


def _contestants() -> dict[str, Contestant]:
    from xpert.data.readout import Readout
    from xpert.evaluation.nulls import shuffled
    from xpert.model.baselines.additive import Additive
    from xpert.model.baselines.bilinear_ridge import BilinearRidge
    from xpert.model.baselines.kernel_ridge import KernelRidge
    from xpert.model.baselines.matching_mean import MatchingMean
    from xpert.model.baselines.mean_shift import MeanShift
    from xpert.model.baselines.no_change import NoChange
    from xpert.model.baselines.registry import base_predictor

    shipped = base_predictor(Readout.LOG1P)
    return {
        "no change": Contestant(Role.REFERENCE, NoChange()),
        "mean": Contestant(Role.REFERENCE, MeanShift()),
        "additive": Contestant(Role.REFERENCE, Additive()),
        "matching mean": Contestant(Role.REFERENCE, MatchingMean()),
        "bilinear ridge": Contestant(Role.REFERENCE, BilinearRidge()),
        "kernel ridge": Contestant(Role.SIMPLE, KernelRidge()),
        "shipped": Contestant(Role.SHIPPED, shipped),
        "shuffled labels": Contestant(Role.NULL, shuffled(shipped)),
    }


def _responses(data: Path) -> Responses:
    from xpert.data.collections.norman_mcfaline import load

    whole = load(data)
    return whole.take([i for i, c in enumerate(whole.conditions) if c.context == CONTEXT])


def _names(responses: Responses) -> list[str]:
    """As the split file has them: symbols joined by a plus sign."""
    return ["+".join(sorted(c.treatment.targets)) for c in responses.conditions]


def _key(name: str) -> frozenset[str]:
    return frozenset(name.split("+"))


def _rows(row: dict[frozenset[str], int], names: tuple[str, ...]) -> np.ndarray:
    return np.array([row[_key(name)] for name in names], dtype=np.intp)
