from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from xpert.data.collections import load_responses
from xpert.data.readout import Readout
from xpert.data.responses import Condition, Context, Responses
from xpert.model.baselines.additive import Additive
from xpert.model.baselines.context_mean import ContextMean
from xpert.model.baselines.kernel_ridge import KernelRidge
from xpert.model.baselines.mean_shift import MeanShift
from xpert.model.baselines.no_change import NoChange
from xpert.model.metrics import METRICS
from xpert.model.question import Question, classify
from xpert.perturbation import Treatment
from xpert.training.bootstrap import interval
from xpert.training.choice import choose, decide
from xpert.training.holdout import MOST_ALONE, holdouts
from xpert.training.skill import measure_skill

GENES = 120


def condition(text: str, context: str = "K562") -> Condition:
    return Condition(context, Treatment.parse(text))


def responses(conditions: list[Condition], delta: np.ndarray) -> Responses:
    genes = tuple(f"g{i}" for i in range(delta.shape[1]))
    nowhere = np.full(len(genes), np.nan)
    names = dict.fromkeys(c.context for c in conditions)
    return Responses(
        readout=Readout.LOG1P,
        genes=genes,
        contexts=tuple(Context(name, genes, np.zeros(len(genes)), nowhere) for name in names),
        conditions=tuple(conditions),
        delta=delta.astype(np.float32),
        spread=np.full(delta.shape, np.nan, dtype=np.float32),
        cells=np.full(len(conditions), 100),
    )


@pytest.fixture(scope="module")
def world() -> Responses:
    """Ten genes in two lines that agree, their sums in one line, and two drugs at three doses."""
    generator = np.random.default_rng(0)
    alone = generator.normal(size=(10, GENES))
    drugs = generator.normal(size=(2, GENES))
    listed = [(condition(f"G{i}:ko", c), alone[i]) for i in range(10) for c in ("K562", "HL60")]
    listed += [(condition(f"G{i}:ko + G{i + 1}:ko"), alone[i] + alone[i + 1]) for i in range(8)]
    listed += [
        (condition(f"drug{d}@{dose}uM"), strength * drugs[d])
        for d in range(2)
        for dose, strength in ((1, 0.5), (3, 0.75), (9, 0.9))
    ]
    delta = np.array([shift for _, shift in listed])
    return responses([c for c, _ in listed], delta + 0.05 * generator.normal(size=delta.shape))


PREDICTORS = (NoChange(), MeanShift(), ContextMean(), Additive(), KernelRidge())


@pytest.fixture(scope="module")
def report(world):
    return measure_skill(world, PREDICTORS)


def test_nothing_that_is_asked_can_be_known_from_what_was_learned(world):
    for holdout in holdouts(world.conditions):
        assert not set(holdout.train) & set(holdout.test)
        known = [world.conditions[i] for i in holdout.train]
        asked = [world.conditions[i] for i in holdout.test]
        assert [classify(c, known) for c in asked] == list(holdout.questions)
        if holdout.protocol == "target":
            targets = {t for c in asked for t in c.treatment.targets}
            assert not targets & {t for c in known for t in c.treatment.targets}


def test_every_kind_of_question_that_can_be_posed_is_posed(world, report):
    assert set(report.questions) == {
        Question.NEW_PAIR,
        Question.SEEN_TREATMENT_NEW_CONTEXT,
        Question.NEW_DOSE,
        Question.BOTH_SINGLES_SEEN,
        Question.UNSEEN_GENE,
        Question.UNSEEN_COMPOUND,
    }
    posed = report.trials.groupby("question")["row"].agg(["size", "nunique"])
    assert posed.loc["both_singles_seen"].tolist() == [8, 8]
    assert posed.loc["unseen_gene"].tolist() == [20, 20]
    assert posed.loc["unseen_compound"].tolist() == [6, 6]
    assert posed.loc["new_dose"].tolist() == [6, 6]
    assert posed.loc["seen_treatment_new_context"].tolist() == [20, 20]
    assert posed.loc["new_pair"].tolist() == [20, 20]


def test_the_table_holds_every_question_predictor_and_metric_with_its_interval(report):
    assert list(report.table) == [
        "question", "context", "predictor", "metric", "value", "lower", "upper", "conditions",
    ]  # fmt: skip
    pooled = report.table[report.table["context"] == ""]
    assert len(pooled) == len(report.questions) * len(PREDICTORS) * len(METRICS)
    scored = report.table.dropna()
    assert (scored["lower"] <= scored["value"] + 1e-9).all()
    assert (scored["value"] <= scored["upper"] + 1e-9).all()
    assert (report.table.loc[report.table["metric"] == "l2", "conditions"] > 0).all()


def test_what_is_true_of_the_world_is_found(report):
    pooled = report.table[report.table["context"] == ""]
    value = pooled.set_index(["question", "metric", "predictor"])["value"]
    assert value["both_singles_seen", "pearson", "additive"] > 0.98
    assert value["seen_treatment_new_context", "pearson", "mean over contexts"] > 0.98
    assert value["new_dose", "l2", "additive"] < 0.2 * value["new_dose", "l2", "no change"]
    assert abs(value["unseen_gene", "partial_pearson", "kernel ridge"]) < 0.1
    assert value["unseen_gene", "pearson", "no change"] == 0


def test_the_same_input_and_seed_give_the_same_report(world, report):
    again = measure_skill(world, PREDICTORS)
    assert again.table.equals(report.table)
    assert all(np.array_equal(again.predicted[p], report.predicted[p]) for p in report.predictors)


def test_held_out_predictions_are_those_of_a_refit_without_the_condition(world, report):
    trial = report.trials.index[report.trials["question"] == "both_singles_seen"][0]
    row, fold = report.trials.loc[trial, "row"], report.trials.loc[trial, "fold"]
    rest = world.take(report.holdouts[fold].train)
    expected = Additive().fit(rest).predict([world.conditions[row]], world.context)[0]
    np.testing.assert_allclose(report.predicted["additive"][trial], expected, rtol=1e-6)
    out_of_fold = report.out_of_fold("additive", len(world))
    np.testing.assert_array_equal(out_of_fold[row], report.predicted["additive"][trial])
    assert np.isfinite(out_of_fold).all()


def test_progress_counts_every_refit(world):
    seen = []
    measure_skill(world.take(range(6)), [NoChange(), MeanShift()], progress=lambda *step: seen.append(step))
    assert [done for done, _, _ in seen] == list(range(1, seen[-1][1] + 1))


def test_names_of_one_parent_are_held_out_together():
    named = ["imatinib@1uM", "imatinib mesylate@1uM", "gefitinib@1uM", "erlotinib@1uM"]
    conditions = [condition(name) for name in named]
    together = holdouts(conditions, groups={"imatinib mesylate": "imatinib"})
    assert sorted(sorted(h.test.tolist()) for h in together) == [[0, 1], [2], [3]]


def test_many_targets_are_dealt_into_folds():
    conditions = [condition(f"G{i}:ko") for i in range(MOST_ALONE + 10)]
    dealt = holdouts(conditions, folds=5)
    assert [len(h.test) for h in dealt] == [10] * 5
    assert sorted(i for h in dealt for i in h.test) == list(range(MOST_ALONE + 10))
    other = holdouts(conditions, folds=5, seed=1)
    assert any(set(a.test) != set(b.test) for a, b in zip(dealt, other, strict=True))


def test_own_target_genes_do_not_count(world):
    renamed = replace(world, genes=("G0", *world.genes[1:]))
    renamed = replace(renamed, contexts=tuple(replace(c, genes=renamed.genes) for c in world.contexts))
    delta = renamed.delta.copy()
    delta[:, 0] = 0
    delta[[i for i, c in enumerate(renamed.conditions) if "G0" in c.treatment.targets], 0] = -50
    measured = measure_skill(replace(renamed, delta=delta), [NoChange()])
    assert measured.scores["no change"]["l2"].max() < 40


def test_two_halves_of_the_cells_let_seen_conditions_be_asked(world):
    generator = np.random.default_rng(1)
    halves = [
        replace(world, delta=world.delta + 0.3 * generator.normal(size=world.delta.shape)) for _ in range(2)
    ]
    measured = measure_skill(world, [NoChange(), KernelRidge()], halves=(halves[0], halves[1]))
    pooled = measured.table[measured.table["context"] == ""]
    value = pooled.set_index(["question", "metric", "predictor"])["value"]
    assert value["seen", "l2", "kernel ridge"] < value["seen", "l2", "no change"]
    with pytest.raises(ValueError, match="same conditions"):
        measure_skill(world, [NoChange()], halves=(halves[0], halves[1].take([0])))


def test_what_cannot_be_measured_is_an_error(world):
    with pytest.raises(ValueError, match="different names"):
        measure_skill(world, [NoChange(), NoChange()])
    with pytest.raises(ValueError, match="nothing to hold out"):
        measure_skill(world.take([0]), [NoChange()])
    with pytest.raises(ValueError, match="at least 2 folds"):
        holdouts(world.conditions, folds=1)


def test_an_interval_draws_treatments_and_not_conditions():
    values = np.array([0.0, 0.0, 0.0, 1.0, 1.0, 1.0])
    low, high = interval(values, ["a", "a", "a", "b", "b", "b"])
    assert (low, high) == (0.0, 1.0)
    low, high = interval(values, list("abcdef"))
    assert 0 < low < 0.5 < high < 1
    assert all(np.isnan(interval(values, ["a"] * 6)))
    assert all(np.isnan(interval(np.full(3, np.nan), list("abc"))))
    assert interval(np.array([1.0, np.nan, 1.0]), list("abc")) == (1.0, 1.0)


def test_the_best_predictor_on_held_out_conditions_answers(report):
    chosen = choose(report).everywhere
    assert set(chosen) == set(Question)
    assert chosen[Question.SEEN_TREATMENT_NEW_CONTEXT] == "mean over contexts"
    assert chosen[Question.BOTH_SINGLES_SEEN] in {"additive", "kernel ridge"}
    assert choose(report).everywhere == chosen


def test_where_nothing_beats_no_change_no_change_answers(report):
    decision = decide(report).of(Question.UNSEEN_GENE)
    assert decision.predictor == "no change"
    assert not decision.has_skill


def test_a_kind_that_was_never_posed_is_decided_by_its_kin_and_claims_no_skill(report):
    decision = decide(report).of(Question.NO_SINGLE_SEEN)
    assert decision.posed == 0
    assert decision.kin == (Question.BOTH_SINGLES_SEEN,)
    assert decision.predictor == choose(report).everywhere[Question.BOTH_SINGLES_SEEN]
    assert not decision.has_skill


def test_a_choice_needs_no_change_to_compare_with(world):
    with pytest.raises(ValueError, match="add it"):
        choose(measure_skill(world, [MeanShift()]))


def test_the_choice_can_go_by_another_metric(report):
    decision = decide(report, metric="pearson").of(Question.BOTH_SINGLES_SEEN)
    assert decision.gain > 0.9
    assert decision.has_skill


def test_a_context_whose_measurements_do_not_replicate_is_answered_by_no_change_and_has_no_say(report):
    contexts = set(report.trials["context"])
    silent = dict.fromkeys(contexts, 0.02)
    decisions = decide(report, reliability=silent)
    assert decisions.choices.names == {"no change"}
    assert not decisions.of(Question.BOTH_SINGLES_SEEN).has_signal
    one, *_ = sorted(contexts)
    heard = decide(report, reliability={one: 0.02})
    for question in Question:
        assert heard.choices.answering(question, one) == "no change"


def test_a_context_with_enough_held_out_conditions_is_decided_apart(report):
    posed = report.trials.groupby(["question", "context"]).size()
    in_context = decide(report).choices.in_context
    assert set(in_context) == {(Question(q), c) for (q, c), n in posed.items() if n >= 5}


@pytest.mark.data
def test_new_contexts_of_real_data_agree_with_the_reference(shared_data):
    screen = load_responses("norman_mcfaline", shared_data)
    lines = [i for i, c in enumerate(screen.conditions) if c.context.casefold() != "k562"]
    measured = measure_skill(screen.take(lines), [NoChange(), MeanShift(), ContextMean()])
    pooled = measured.table[measured.table["context"] == ""]
    value = pooled.set_index(["question", "metric", "predictor"])["value"]
    expected = {"no change": 2.0792, "mean shift": 2.2935, "mean over contexts": 2.5253}
    for name, distance in expected.items():
        assert value["seen_treatment_new_context", "l2", name] == pytest.approx(distance, abs=2e-4)
    assert choose(measured).everywhere[Question.SEEN_TREATMENT_NEW_CONTEXT] == "no change"
