"""Predictions corrected by treatments that the reader measured in the same context."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from xpert.data.readout import Readout
from xpert.data.responses import Condition, Context, Responses
from xpert.errors import InputError
from xpert.perturbation import CONTROL, Treatment
from xpert.prediction.controls import placed
from xpert.prediction.predict import predict
from xpert.prediction.support import FEWEST_FOR_INTERVALS, Corrector, support_from, support_skill

SINGLES = ("KLF1:crispra", "MAP2K6:crispra", "JAK2:crispri", "KLF1:crispri", "GATA1:crispra", "STAT1:crispra")
ASKED = Treatment.parse("IRF1:crispra")


@pytest.fixture
def mine(bundle):
    """A reader's own cells, on the genes of the bundle."""
    return replace(bundle.contexts["k562"], name="mine", cells=60)


def measured(bundle, texts=SINGLES, shift=0.4, name="mine", genes=None):
    """Everything the bundle says, and `shift` more on every gene."""
    genes = genes or bundle.genes
    context = Context(name, genes, np.ones(len(genes)), np.ones(len(genes)), 60)
    own = replace(bundle.contexts["k562"], name=name)
    conditions = tuple(Condition(name, Treatment.parse(t)) for t in texts)
    asked = [c for c in conditions if c.treatment.targets[0] in {"KLF1", "MAP2K6", "JAK2", "GATA1", "STAT1"}]
    mean = dict(zip(asked, bundle.shift(asked, {name: own}).mean, strict=True))
    place = [bundle.genes.index(g) for g in genes]
    delta = np.array([mean.get(c, np.zeros(6))[place] + shift for c in conditions], dtype=np.float32)
    return Responses(
        bundle.readout, genes, (context,), conditions, delta, np.ones_like(delta), np.full(len(delta), 40)
    )


def one(bundle, context, support=None, treatment=ASKED):
    return predict(bundle, [context], [treatment], support)[0]


def test_what_all_measured_treatments_share_is_carried_to_others(bundle, mine):
    plain, corrected = one(bundle, mine), one(bundle, mine, measured(bundle))
    added = corrected.delta - plain.delta
    assert (added > 0.2).all()
    assert (added < 0.4).all()


def test_more_measured_treatments_shrink_the_correction_less(bundle, mine):
    plain = one(bundle, mine).delta
    sizes = [
        float((one(bundle, mine, measured(bundle, SINGLES[:n])).delta - plain).mean()) for n in (1, 3, 6)
    ]
    assert 0 < sizes[0] < sizes[1] < sizes[2]


def test_control_stays_without_shift(bundle, mine):
    prediction = one(bundle, mine, measured(bundle), CONTROL)
    assert (prediction.delta == 0).all()
    assert prediction.evidence.support is None


def test_a_context_without_measured_treatments_is_answered_as_before(bundle, mine):
    both = predict(bundle, ["A172", mine], [ASKED], measured(bundle))
    assert (both[0].delta == one(bundle, "A172").delta).all()
    assert both[0].evidence == one(bundle, "A172").evidence
    assert both[1].evidence.support is not None


def test_evidence_names_what_corrected_the_answer_and_takes_it_for_no_proof(bundle, mine):
    plain, corrected = one(bundle, mine).evidence, one(bundle, mine, measured(bundle)).evidence
    assert corrected.support.measured == len(SINGLES)
    assert {str(i.treatment) for i in corrected.support.corrected_by} <= set(SINGLES)
    for fact in (
        "question",
        "expected_error",
        "expected_correlation",
        "baseline_error",
        "context_seen",
        "nearest",
    ):
        assert getattr(corrected, fact) == getattr(plain, fact)
    said = " ".join(corrected.sentences)
    assert "Corrected by 6 treatments that you measured in mine" in said
    assert "which are no proof" in said
    assert corrected.to_dict()["support"]["measured"] == len(SINGLES)


def test_a_measured_treatment_is_said_to_repeat_its_measurement(bundle, mine):
    evidence = one(bundle, mine, measured(bundle), Treatment.parse("JAK2:crispri")).evidence
    assert evidence.support.is_measured
    assert "repeats your own measurement" in " ".join(evidence.sentences)


def test_few_measured_treatments_leave_the_interval_as_it_was(bundle, mine):
    plain, corrected = one(bundle, mine), one(bundle, mine, measured(bundle, SINGLES[:2]))
    np.testing.assert_allclose(corrected.upper - corrected.delta, plain.upper - plain.delta, rtol=1e-5)
    assert corrected.evidence.support.left_out == 0
    assert "the interval is the model's own" in " ".join(corrected.evidence.sentences)


def test_the_interval_widens_where_measured_treatments_fell_outside_it(bundle, mine):
    responses = measured(bundle)
    noise = np.random.default_rng(0).normal(scale=3, size=responses.delta.shape).astype(np.float32)
    prediction = one(bundle, mine, replace(responses, delta=responses.delta + noise))
    told = prediction.evidence.support
    assert told.left_out >= FEWEST_FOR_INTERVALS
    assert told.width > 2
    np.testing.assert_allclose(prediction.upper - prediction.delta, 0.2 * told.width, rtol=1e-4)


def test_treatments_that_the_model_learned_from_in_this_context_are_no_test_of_the_support(bundle):
    responses = measured(bundle, name="k562")
    supported = support_from(responses, bundle, "K562")
    table = support_skill(bundle, placed("k562", bundle), supported)
    assert set(table["treatment"]) == set(SINGLES) - {"KLF1:crispra", "MAP2K6:crispra"}


def test_leaving_each_measured_treatment_out_shows_what_the_others_gain(bundle, mine):
    table = support_skill(bundle, placed(mine, bundle), support_from(measured(bundle), bundle, "mine"))
    assert list(table["treatment"]) == list(SINGLES)
    assert (table["l2_after"] < 0.8 * table["l2_before"]).all()
    np.testing.assert_allclose(table["l2_before"], 0.4 * np.sqrt(6), rtol=1e-4)


def test_a_left_out_treatment_never_vouches_for_itself(bundle, mine):
    responses = measured(bundle)
    loud = responses.delta.copy()
    loud[2] += 50.0
    supports = [support_from(r, bundle, "mine") for r in (responses, replace(responses, delta=loud))]
    after = [Corrector.of(bundle, placed(mine, bundle), s).after[2] for s in supports]
    np.testing.assert_array_equal(*after)


def test_genes_meet_by_name_and_a_missing_one_is_not_moved(bundle, mine):
    genes = ("IRF1", "GATA1", "HBB", "KLF1", "JAK2")
    corrected, plain = one(bundle, mine, measured(bundle, genes=genes)), one(bundle, mine)
    added = dict(zip(plain.genes, corrected.delta - plain.delta, strict=True))
    assert abs(added["STAT1"]) < 0.05
    assert all(added[gene] > 0.2 for gene in genes)


def test_unknown_targets_are_skipped_and_named(bundle):
    responses = measured(bundle, (*SINGLES, "NOSUCHGENE:crispra", "KLF1:ko"))
    found = support_from(responses, bundle, "mine")
    assert len(found.treatments) == len(SINGLES)
    assert set(found.skipped) == {"NOSUCHGENE:crispra", "KLF1:ko"}
    assert "never seen" in found.skipped["KLF1:ko"]


def test_what_cannot_be_used_is_said_in_plain_words(bundle, mine):
    with pytest.raises(InputError, match="works on"):
        one(bundle, mine, replace(measured(bundle), readout=Readout.Z))
    with pytest.raises(InputError, match="Only 2 of the 6 genes"):
        one(bundle, mine, measured(bundle, genes=("IRF1", "HBB")))
    with pytest.raises(
        InputError, match="No treatment was measured in mine; there are measured treatments in: other"
    ):
        one(bundle, mine, measured(bundle, name="other"))
    with pytest.raises(InputError, match="None of the measured treatments can be used by tiny"):
        one(bundle, mine, measured(bundle, ("NOSUCHGENE:crispra",)))


def test_a_prepared_support_set_and_its_responses_say_the_same(bundle, mine):
    responses = measured(bundle)
    left, right = (one(bundle, mine, s) for s in (responses, support_from(responses, bundle, "mine")))
    np.testing.assert_allclose(left.delta, right.delta, rtol=1e-5)
    assert left.evidence.to_dict() == right.evidence.to_dict()


@pytest.fixture
def ranks(bundle):
    """The same bundle on a readout that needs no control cells."""
    return replace(bundle, readout=Readout.SIGNED_RANK)


def ranked(bundle, shift=0.4):
    """Measured treatments of a new context whose control is not known."""
    responses = replace(measured(bundle, shift=shift), readout=Readout.SIGNED_RANK)
    (own,) = responses.contexts
    return replace(responses, contexts=(replace(own, control=np.zeros(6), spread=np.full(6, np.nan)),))


def test_a_new_context_needs_a_name_only_where_differences_to_control_are_predicted(ranks):
    (prediction,) = predict(ranks, ["mine"], [ASKED], ranked(ranks))
    assert prediction.context == "mine"
    assert (prediction.delta > 0.2).all()
    assert not prediction.evidence.context_seen


def test_a_new_context_without_support_is_asked_by_its_description(ranks):
    new = Context("mine", ranks.genes, np.zeros(6), np.full(6, np.nan), covariates={"lineage": "lung"})
    (prediction,) = predict(ranks, [new], [Treatment.parse("KLF1:crispra")])
    assert prediction.delta.any()


def test_control_values_are_still_refused_where_they_mean_nothing(ranks, mine):
    with pytest.raises(InputError, match="takes no control cells"):
        predict(ranks, [mine], [ASKED])


def test_a_name_that_neither_model_nor_support_has_is_an_error(ranks):
    with pytest.raises(InputError, match="no context 'theirs'"):
        predict(ranks, ["theirs"], [ASKED], ranked(ranks))


def test_a_context_of_the_model_stays_its_own_however_it_is_handed_over(ranks):
    for name in ("k562", "K562"):
        place = placed(Context(name, ranks.genes, np.zeros(6), np.full(6, np.nan)), ranks)
        assert place.is_own
        assert place.context.name == "k562"


def test_a_new_context_of_other_genes_is_refused(ranks):
    with pytest.raises(InputError, match="at least half"):
        placed(Context("mine", ("foo", "bar"), np.zeros(2), np.full(2, np.nan)), ranks)


def test_a_new_context_without_control_cells_speaks_of_none(ranks):
    (prediction,) = predict(ranks, ["mine"], [ASKED], ranked(ranks))
    assert "control cells of your file" not in " ".join(prediction.evidence.sentences)


def test_a_prepared_support_set_names_a_new_context_too(ranks):
    prepared = support_from(ranked(ranks), ranks, "mine")
    (by_set,) = predict(ranks, ["mine"], [ASKED], prepared)
    (by_responses,) = predict(ranks, ["mine"], [ASKED], ranked(ranks))
    np.testing.assert_allclose(by_set.delta, by_responses.delta, atol=1e-6)


def test_one_target_under_two_names_costs_that_row_and_is_said(bundle):
    responses = measured(
        bundle, ("KLF1:crispra", "EKLF:crispra", "KLF1:crispra + EKLF:crispra", *SINGLES[1:])
    )
    used = support_from(responses, bundle, "mine")
    assert [str(t) for t in used.treatments].count("KLF1:crispra") == 1
    assert "measured already" in used.skipped["EKLF:crispra"]
    assert any("same target twice" in why for why in used.skipped.values())


def test_factors_that_answer_by_themselves_are_named_as_who_answered(bundle, mine, monkeypatch):
    from xpert.prediction import support as module

    monkeypatch.setattr(module, "best", lambda after, _: next(iter(after)))
    real = module.ways
    monkeypatch.setattr(module, "ways", lambda *a: {module.BY_FACTORS: next(iter(real(*a).values()))})
    (prediction,) = predict(bundle, [mine], [ASKED], measured(bundle))
    assert prediction.evidence.support.way == module.BY_FACTORS
    assert prediction.evidence.predictor == "factors"
