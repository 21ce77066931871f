"""Evidence says what stands behind a prediction, in numbers and words that agree."""

import json
from dataclasses import replace

import numpy as np
import pandas as pd
import pytest

from xpert.data.responses import Condition
from xpert.model.bundle import load_bundle
from xpert.perturbation import Treatment
from xpert.prediction.predict import predict
from xpert.prediction.sentences import about_own_baseline
from xpert.prediction.skill import Score


def evidence(bundle, text, context="k562"):
    return predict(bundle, [context], [Treatment.parse(text)])[0].evidence


def test_a_measured_condition_is_called_a_repeat(bundle):
    found = evidence(bundle, "KLF1:crispra")
    assert (found.question.value, found.treatment_seen, found.context_seen) == ("seen", True, True)
    assert "repeats a measurement" in found.sentences[0]
    assert found.nearest[0].treatment == Treatment.parse("KLF1:crispra")
    assert found.nearest[0].distance == 0


def test_a_treatment_of_another_context_names_that_context(bundle):
    found = evidence(bundle, "JAK2:crispri")
    assert found.question.value == "new_pair"
    assert "measured in A172; k562 was measured with other treatments only" in found.sentences[0]
    assert found.expected_error is None
    assert any("No held-out measurement" in s for s in found.sentences)


def test_an_unseen_gene_is_called_so(bundle):
    found = evidence(bundle, "GATA1:crispra")
    assert (found.question.value, found.treatment_seen) == ("unseen_gene", False)
    assert "its pathways and regulators are all there is to go by" in found.sentences[0]


def test_neighbours_come_nearest_first_and_name_where_they_were_measured(bundle):
    found = evidence(bundle, "KLF1:crispra@0.5 + MAP2K6:crispra@0.5")
    distances = [n.distance for n in found.nearest]
    assert distances == sorted(distances)
    assert str(found.nearest[0].treatment) == "KLF1:crispra + MAP2K6:crispra"
    assert {n.context for n in found.nearest} <= {"k562", "A172"}
    assert len({n.treatment for n in found.nearest}) == len(found.nearest)


def test_the_expected_error_stands_beside_the_best_baseline(bundle):
    found = evidence(bundle, "KLF1:crispra")
    assert (found.expected_error, found.baseline_name, found.baseline_error) == (1.1, "additive", 1.3)
    assert (found.beats_baseline, found.expected_correlation) == (True, 0.7)
    assert any("14 held-out conditions" in s and "1.1" in s and "at 0.70" in s for s in found.sentences)
    assert any("beats the best simple baseline, “additive” (1.3)" in s for s in found.sentences)


def test_a_network_that_does_not_win_is_said_not_to(bundle):
    bundle.skill.loc[bundle.skill["predictor"] == "network", "value"] = 1.5
    found = evidence(bundle, "KLF1:crispra")
    assert found.beats_baseline is False
    assert any("does not beat" in s for s in found.sentences)


def test_without_replicating_measurements_the_lack_of_signal_is_said(bundle):
    found = evidence(bundle, "JAK2:crispri", "A172")
    assert found.reliability == pytest.approx(0.03)
    assert any(
        "In A172 the replicate correlation" in s and "no measurable signal" in s for s in found.sentences
    )
    assert evidence(bundle, "KLF1:crispra").reliability == pytest.approx(0.7)


def test_where_nothing_replicates_no_predictor_is_said_to_be_better(bundle):
    said = evidence(bundle, "JAK2:crispri", "A172").sentences
    assert any("no predictor can be shown to be right" in s for s in said)
    assert not any("did no better" in s or "beats" in s for s in said)


def test_a_network_with_a_smaller_error_that_did_not_win_is_not_called_worse():
    own, better = (Score(name, "", value, 0.0, 3.0, 9) for name, value in (("base", 1.8), ("network", 1.5)))
    assert "smaller (1.5), but not beyond doubt" in about_own_baseline("base", own, better)
    assert "did no better there (1.8)" in about_own_baseline("network", better, own)


@pytest.mark.parametrize("line", ["A172", "T98G", "U87MG"])
def test_the_bundled_model_says_that_nothing_replicates_in_the_glioma_lines(line):
    found = predict(load_bundle("perturbseq"), [line], [Treatment.parse("JAK2:crispri")])[0].evidence
    assert found.predictor == "no change"
    assert found.reliability is not None
    assert found.reliability < 0.1
    figure = f"In {line} the replicate correlation of 9 measured treatments is {found.reliability:.2f}"
    assert any(figure in s and "no measurable signal" in s for s in found.sentences)


def test_evidence_is_plain_json(bundle):
    found = evidence(bundle, "KLF1:crispra")
    assert json.loads(json.dumps(found.to_dict(), allow_nan=False))["question"] == "seen"


def test_no_predicted_shift_is_called_unknown_rather_than_no_effect(bundle):
    found = evidence(bundle, "GATA1:crispra")
    assert any("“unknown”, not “no effect”" in s for s in found.sentences)
    assert not any("not “no effect”" in s for s in evidence(bundle, "KLF1:crispra").sentences)


def test_an_answer_of_a_simple_baseline_is_called_so(bundle):
    found = evidence(replace(bundle, baselines=("additive", "no change", "network")), "GATA1:crispra")
    assert found.beats_baseline is False
    assert any("of a simple baseline, “network”; no network was measured" in s for s in found.sentences)


def test_a_measured_shift_that_is_all_noise_is_called_so(bundle):
    bundle.training.conditions += (Condition("k562", Treatment.parse("GATA1:crispra")),)
    bundle.training.reliability = np.append(bundle.training.reliability, 0.0)
    found = evidence(bundle, "GATA1:crispra")
    assert found.question.value == "seen"
    assert any("no larger than its own noise" in s for s in found.sentences)


def test_skill_of_the_context_itself_counts_before_that_of_all_together(bundle):
    own = bundle.skill.assign(context="k562", value=0.5, conditions=6)
    found = evidence(replace(bundle, skill=pd.concat([bundle.skill, own])), "KLF1:crispra")
    assert found.expected_error == 0.5
    assert any("On 6 held-out conditions of this kind in k562" in s for s in found.sentences)
    assert evidence(bundle, "KLF1:crispra").expected_error == 1.1
