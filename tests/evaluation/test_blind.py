"""The predictor that knows the context alone: told nothing of the treatment, and not hinting at it."""

from __future__ import annotations

from dataclasses import dataclass, field, replace

import numpy as np
import pandas as pd
import pytest

from xpert.data.readout import Readout
from xpert.data.responses import Condition, Context, Responses
from xpert.errors import InputError
from xpert.evaluation.blind import Blind
from xpert.evaluation.response_contest import Ask, Contestant, ResponseContest
from xpert.evaluation.run import Plan, run
from xpert.evaluation.splits import Fold, Folds
from xpert.evaluation.task import ALL, Metric, Role, context_of, itself, targets_of
from xpert.model.baselines.context_mean import ContextMean
from xpert.perturbation import Treatment

TARGETS = ("TP53", "MYC", "JUN", "FOS", "EGFR", "KRAS", "STAT1", "RELA")
LINES, GENES = ("A549", "K562"), ("a", "b")
# Twice the number of the target, and one more in the second line.
SHIFT = {(line, target): 2.0 * t + n for n, line in enumerate(LINES) for t, target in enumerate(TARGETS)}


@pytest.fixture
def responses() -> Responses:
    contexts = tuple(Context(line, GENES, np.zeros(2), np.full(2, np.nan)) for line in LINES)
    conditions = tuple(Condition(line, Treatment.parse(f"{target}:ko")) for line, target in SHIFT)
    delta = np.repeat(np.array(list(SHIFT.values()), dtype=np.float32)[:, None], 2, axis=1)
    spread = np.full_like(delta, np.nan)
    return Responses(Readout.LOG1P, GENES, contexts, conditions, delta, spread, np.full(len(delta), 50))


def test_its_answer_is_the_mean_over_the_training_treatments_whatever_is_asked(responses):
    train = responses.take([0, 1, 8, 9])
    said = Blind(ContextMean()).fit(train).predict(responses.conditions, responses.context)
    assert said == pytest.approx(np.full((16, 2), np.mean([0.5, 2.5])))


def test_it_must_be_fitted_first(responses):
    with pytest.raises(InputError, match="fitted"):
        Blind(ContextMean()).predict(responses.conditions, responses.context)


def test_it_enters_every_contest_of_predictors_as_something_to_beat(responses, tmp_path):
    outcomes = run(Plan((LineTask(responses),), tmp_path, tmp_path / "work"))
    assert dict(zip(outcomes["model"], outcomes["role"], strict=True))["blind to the treatment"] == "blind"
    assert "network" not in set(outcomes["model"])


def test_the_network_enters_when_it_is_asked_for_and_stays(responses, tmp_path):
    plan = Plan((LineTask(responses),), tmp_path, tmp_path / "work", models=("network",), network=True)
    first = run(plan)
    assert set(first["role"]) == {"network"}
    again = run(replace(plan, network=False))
    pd.testing.assert_frame_equal(again, first)


def test_what_conditions_are_drawn_with_is_read_from_their_names():
    name = "liver, 2 h | Aspirin@10uM + TP53:ko"
    assert (itself(name), context_of(name), targets_of(name)) == (name, "liver, 2 h", "Aspirin + TP53")


@dataclass(frozen=True, eq=False)
class LineTask:
    """The second line is asked after learning from the first and one target of its own."""

    responses: Responses
    name: str = "lines"
    title: str = "A line"
    metrics: tuple[Metric, ...] = (Metric("size", "size"),)
    goals: tuple[()] = ()
    unit: object = field(default=itself)

    def deal(self, data: object, seed: int) -> Folds:
        return Folds(self.name, seed, (Fold(("x",), ("y",)),))

    def prepare(self, data: object, folds: Folds) -> ResponseContest:
        ask = Ask(0, np.arange(9), np.arange(9, 16))
        models = {"shipped": Contestant(Role.SHIPPED, ContextMean())}
        return ResponseContest(self.responses, self.responses, (ask,), models, self.score)

    def score(self, ask: Ask, predicted: np.ndarray) -> pd.DataFrame:
        names = [str(self.responses.conditions[i]) for i in ask.test]
        return pd.DataFrame({"condition": names, "subset": ALL, "metric": "size", "value": predicted[:, 0]})
