"""The middle dose of a compound whose low and high doses were measured; controls are disjoint."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from xpert.evaluation.reference.tuned import grouped_folds
from xpert.evaluation.response_contest import Ask, Contestant, ResponseContest
from xpert.evaluation.splits import Fold, Folds
from xpert.evaluation.task import ALL, CEILING_COLUMNS, Goal, Metric, Role, targets_of
from xpert.evaluation.tasks.hepatocytes import (
    FOLDS,
    MIDDLE,
    PARTIAL,
    PEARSON,
    RMSE,
    LevelScorer,
    arrays,
    parents,
    places_of,
)
from xpert.model.metrics import pearson, rmse

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from pathlib import Path

    from xpert.data.collections.tggates import Arrays
    from xpert.data.responses import Condition, Responses
    from xpert.evaluation.reference.dose_levels import Place


@dataclass(frozen=True)
class DoseInterpolation:
    """Compounds with three doses are dealt; their low and high doses are always known.

    Doses of one compound share their control arrays, so that interpolating them scores 0.65 by agreeing on the
    noise of these. Here low and high doses stand against the first control, the middle dose against the second.
    """

    name: str = "tggates_dose_interpolation"
    title: str = "Open TG-GATEs, human hepatocytes: the middle dose between a measured low and high one"
    metrics: tuple[Metric, ...] = (RMSE, PEARSON, PARTIAL)
    goals: tuple[Goal, ...] = (
        Goal(ALL, RMSE.name, 0.183, None, 0.178),
        Goal(ALL, PEARSON.name, 0.278, None, 0.31),
    )
    unit: Callable[[str], str] = targets_of

    def deal(self, data: Path, seed: int) -> Folds:
        """Five parts of the compounds that have all three doses at some time."""
        triples = three_doses(arrays(data))
        names = sorted({compound for compound, _ in triples})
        fold = grouped_folds(parents(data, names), FOLDS, np.random.default_rng([seed, len(names)]))
        where = dict(zip(names, fold.tolist(), strict=True))
        whole = [name_of(pair) for pair in triples]
        return Folds.of_parts(self.name, seed, whole, [where[compound] for compound, _ in triples])

    def prepare(self, data: Path, folds: Folds) -> ResponseContest:
        """Read the arrays and lay out the refits."""
        found = arrays(data)
        first, second = found.deltas(("1",)), found.deltas(("2",))
        responses = found.responses({k: (second if k[2] == MIDDLE else first)[k] for k in found.groups})
        places, triples = places_of(found), set(three_doses(found))
        scorer = LevelScorer(responses, places, lambda place: place[:2] in triples, {})
        asks = tuple(_ask(i, fold, responses, places) for i, fold in enumerate(folds.folds))
        return ResponseContest(
            responses, responses, asks, _contestants(places), scorer, lambda: _ceiling(found)
        )


TASK = DoseInterpolation()


def three_doses(found: Arrays) -> list[tuple[str, float]]:
    """Compounds and hours with a low, a middle and a high dose."""
    pairs = sorted({key[:2] for key in found.groups})
    return [
        pair for pair in pairs if all((*pair, level) in found.groups for level in ("Low", MIDDLE, "High"))
    ]


def name_of(pair: tuple[str, float]) -> str:
    """A middle dose as the split files name it."""
    return f"{pair[0]}|{pair[1]:.1f}|{MIDDLE}"


def _ask(number: int, fold: Fold, responses: Responses, places: Mapping[Condition, Place]) -> Ask:
    """Learn from everything but the middle doses of the asked compounds."""
    row = {places[c]: i for i, c in enumerate(responses.conditions)}
    test = []
    for name in fold.test:
        compound, hours, level = name.rsplit("|", 2)
        test.append(row[compound, float(hours), level])
    asked = {places[responses.conditions[i]][0] for i in test}
    train = [i for place, i in row.items() if not (place[2] == MIDDLE and place[0] in asked)]
    return Ask(number, np.array(sorted(train), dtype=np.intp), np.array(test, dtype=np.intp))


def _contestants(places: Mapping[Condition, Place]) -> dict[str, Contestant]:
    from xpert.evaluation.nulls import shuffled
    from xpert.evaluation.reference.dose_levels import Interpolation, MiddleDose
    from xpert.model.baselines.dose_curves import strength_curves
    from xpert.model.baselines.no_change import NoChange

    reference = {way.value: Contestant(Role.REFERENCE, MiddleDose(way, places)) for way in Interpolation}
    return {
        "no change": Contestant(Role.REFERENCE, NoChange()),
        **reference,
        "shipped": Contestant(Role.SHIPPED, strength_curves()),
        "shuffled labels": Contestant(Role.NULL, shuffled(strength_curves())),
    }


def _ceiling(found: Arrays) -> pd.DataFrame:
    """One treated and one control array against the others; the correlation is stepped up to two (Spearman–Brown)."""
    first, second = (found.deltas((r,), (r,)) for r in ("1", "2"))
    keys = [(*pair, MIDDLE) for pair in three_doses(found)]
    a, b = (np.array([delta[key] for key in keys]) for delta in (first, second))
    agreement = pearson(a, b)
    both = np.mean([2 * r / (1 + r) for r in agreement if r > -0.5])
    rows = [(ALL, RMSE.name, float(rmse(a, b).mean())), (ALL, PEARSON.name, float(both))]
    return pd.DataFrame(rows, columns=list(CEILING_COLUMNS))
