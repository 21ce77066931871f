"""Predictions hold their invariants: control, order, names of genes, contexts and targets."""

import itertools

import numpy as np
import pytest

from xpert import load_bundle
from xpert.data.responses import Condition, Context
from xpert.errors import InputError, UnknownTargetError
from xpert.perturbation import CONTROL, Treatment
from xpert.prediction.predict import predict

DOUBLE = "KLF1:crispra + MAP2K6:crispra"


def one(bundle, text, context="k562"):
    return predict(bundle, [context], [Treatment.parse(text)])[0]


def uploaded(name="mine", genes=("HBB", "KLF1", "JAK2", "GATA1"), control=(3.0, 0.5, 1.5, 1.0)):
    return Context(name, genes, np.array(control), np.full(len(genes), 0.3), cells=77)


def test_the_table_holds_one_row_per_gene_with_its_readout(bundle):
    prediction = one(bundle, "KLF1:crispra")
    table = prediction.table
    assert list(table) == ["gene", "control", "predicted", "delta", "lower", "upper", "readout"]
    assert list(table["gene"]) == list(bundle.genes)
    assert set(table["readout"]) == {"log1p"}
    np.testing.assert_allclose(table["predicted"] - table["control"], table["delta"])
    np.testing.assert_allclose(table["upper"] - table["delta"], 0.2)


@pytest.mark.parametrize("text", ["control", "KLF1:crispra@0", "KLF1:crispra@0 + JAK2:crispri@0"])
def test_control_and_zero_strength_give_exactly_no_shift_and_no_interval(bundle, text):
    prediction = one(bundle, text)
    for values in (prediction.delta, prediction.lower, prediction.upper):
        assert (values == 0.0).all()
    assert (prediction.predicted == bundle.contexts["k562"].control).all()
    assert (prediction.spread == bundle.contexts["k562"].spread).all()
    assert "exactly zero" in prediction.evidence.sentences[0]


def test_a_perturbation_of_zero_strength_changes_nothing_beside_another(bundle):
    with_it = one(bundle, "KLF1:crispra + MAP2K6:crispra@0")
    without = one(bundle, "KLF1:crispra")
    assert (with_it.delta == without.delta).all()
    assert with_it.evidence == without.evidence
    assert str(with_it.treatment) == "KLF1:crispra + MAP2K6:crispra@0"


def test_the_order_of_perturbations_changes_no_number(bundle):
    parts = ["KLF1:crispra", "MAP2K6:crispra", "JAK2:crispri@0.3"]
    tables = [one(bundle, " + ".join(order)).table for order in itertools.permutations(parts)]
    assert all(table.equals(tables[0]) for table in tables)


def test_contexts_are_outermost_and_every_pair_is_answered(bundle):
    treatments = [CONTROL, Treatment.parse("KLF1:crispra"), Treatment.parse("KLF1:crispra")]
    made = predict(bundle, ["K562", "a172"], treatments)
    assert [(p.context, p.treatment) for p in made] == [(c, t) for c in ("k562", "A172") for t in treatments]
    assert (made[1].delta == made[2].delta).all()


def test_a_prediction_does_not_depend_on_what_else_is_asked(bundle):
    alone = one(bundle, DOUBLE).table
    among = predict(bundle, ["A172", "k562"], [Treatment.parse(t) for t in ("JAK2:crispri", DOUBLE)])[3].table
    assert alone.equals(among)


def test_a_readers_genes_meet_the_models_by_name_and_the_missing_are_left_out_and_named(bundle):
    prediction = predict(bundle, [uploaded()], [Treatment.parse("KLF1:crispra")])[0]
    assert prediction.genes == ("KLF1", "JAK2", "HBB", "GATA1")
    assert prediction.control.tolist() == [0.5, 1.5, 3.0, 1.0]
    assert prediction.delta.tolist() == [1.0, 0.0, 0.5, 0.2]
    said = " ".join(prediction.evidence.sentences)
    assert "77 control cells of your file" in said
    assert "lacks 2 of the model's 6 genes (STAT1, IRF1)" in said


def test_genes_meet_by_previous_symbol_and_ensembl_id_too(bundle):
    context = uploaded(genes=("ENSG00000244734.4", "KLF1", "JAK2", "NFE1"))
    prediction = predict(bundle, [context], [Treatment.parse("KLF1:crispra")])[0]
    assert prediction.genes == ("KLF1", "JAK2", "HBB", "GATA1")
    assert prediction.control.tolist() == [0.5, 1.5, 3.0, 1.0]


def test_too_few_shared_genes_are_refused(bundle):
    context = uploaded(genes=("HBB", "KLF1"), control=(1.0, 1.0))
    with pytest.raises(InputError, match="Only 2 of the 6 genes"):
        predict(bundle, [context], [CONTROL])


def test_a_readers_context_of_a_known_name_is_known_whatever_its_case(bundle):
    prediction = predict(bundle, [uploaded("K562")], [Treatment.parse(DOUBLE)])[0]
    assert prediction.context == "k562"
    assert prediction.evidence.question.value == "seen"


def test_an_unknown_context_names_those_there_are(bundle):
    with pytest.raises(InputError, match="no context 'hela'; it has: k562, A172"):
        one(bundle, "KLF1:crispra", "hela")


def test_no_predicted_expression_is_below_zero(bundle):
    prediction = one(bundle, "JAK2:crispri")
    assert prediction.delta[1] == -1.0
    assert (prediction.predicted >= 0).all()
    assert (prediction.lower >= -prediction.control).all()


def test_a_misspelt_gene_is_an_error_that_names_the_nearest(bundle):
    with pytest.raises(UnknownTargetError, match=r"'KLF11X'.*Did you mean .*KLF1") as caught:
        one(bundle, "KLF11X:crispra")
    assert "KLF1" in caught.value.nearest


def test_a_kind_of_perturbation_never_seen_is_an_error_that_says_which_were(bundle, monkeypatch):
    import sys
    from types import SimpleNamespace

    from xpert.perturbation import Modality

    other = SimpleNamespace(name="chemistry", modalities=(Modality.COMPOUND, Modality.OVEREXPRESSION))
    monkeypatch.setitem(sys.modules, "xpert.model.bundle", SimpleNamespace(list_bundles=lambda: (other,)))
    with pytest.raises(
        InputError, match=r"never seen a compound; it was trained on CRISPRa, CRISPRi.*chemistry"
    ):
        one(bundle, "KLF1:crispra + vorinostat@1uM")


def test_a_model_of_differences_takes_no_control_cells(signed_bundle):
    with pytest.raises(InputError, match="takes no control cells"):
        predict(signed_bundle, [uploaded()], [CONTROL])
    assert one(signed_bundle, "JAK2:crispri").delta[1] == -5.0


def test_signed_ranks_stay_in_their_range():
    """Factors add up to more than the highest rank for some drugs; no rank is higher than that."""
    tahoe = load_bundle("tahoe")
    treatment = Treatment.parse("Homoharringtonine:compound")
    assert tahoe.mean_shift([Condition("a549", treatment)], tahoe.contexts).max() > 1
    (prediction,) = predict(tahoe, ["a549"], [treatment])
    for values in (prediction.delta, prediction.lower, prediction.upper):
        assert np.abs(values).max() <= 1
