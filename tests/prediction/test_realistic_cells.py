"""On real doubles, differential expression of sampled cells finds about as much as that of the measured ones."""

import numpy as np
import pytest

from xpert.data.readout import Readout
from xpert.model.question import Question
from xpert.perturbation import Treatment
from xpert.prediction.cells import sample_cells
from xpert.prediction.evidence import Evidence
from xpert.prediction.prediction import Prediction
from xpert.response.differential import differential_expression


def as_if_predicted(treated, control, genes, name):
    """A prediction whose mean and spread are right."""
    delta = treated.mean(axis=0) - control.mean(axis=0)
    evidence = Evidence(
        Question.SEEN, True, True, (), "truth", None, None, None, None, None, None, ("known",)
    )
    return Prediction(
        treatment=Treatment.parse(" + ".join(f"{gene}:crispra" for gene in name.split("+"))),
        context="k562",
        model="truth",
        readout=Readout.LOG1P,
        genes=tuple(genes),
        control=control.mean(axis=0),
        predicted=treated.mean(axis=0),
        delta=delta,
        lower=delta,
        upper=delta,
        spread=treated.std(axis=0),
        evidence=evidence,
    )


@pytest.fixture(scope="module")
def doubles(shared_data):
    import anndata as ad

    data = ad.read_h5ad(shared_data / "norman_mcfaline" / "norman19_mcfaline23_devel.h5ad")
    data = data[data.obs["cell_type"] == "k562"]
    values, labels = data.X.toarray(), data.obs["condition"].astype(str).to_numpy()
    control = values[labels == "control"]
    genes = list(data.var_names)
    names = sorted(name for name in set(labels) if "+" in name)
    return control, genes, {name: values[labels == name] for name in names}


def significant(treated, control, genes):
    return int((differential_expression(treated, control, genes)["fdr"] < 0.05).sum())


@pytest.mark.data
def test_as_many_genes_are_significant_as_in_measured_cells_and_a_constant_has_many_times_more(doubles):
    control, genes, by_name = doubles
    found = {"measured": 0, "sampled": 0, "constant": 0}
    for name, treated in by_name.items():
        asked = as_if_predicted(treated, control, genes, name)
        sampled = sample_cells(asked, control, cells=len(treated))
        constant = np.repeat(asked.predicted[None], len(treated), axis=0)
        for kind, cells in (("measured", treated), ("sampled", sampled), ("constant", constant)):
            found[kind] += significant(cells, control, genes)
    assert len(by_name) == 15
    assert 0.5 * found["measured"] <= found["sampled"] <= 2.0 * found["measured"]
    assert found["constant"] > 4 * found["measured"]


@pytest.mark.data
def test_the_share_of_zeros_and_the_spread_are_those_of_measured_cells(doubles):
    control, genes, by_name = doubles
    for name, treated in by_name.items():
        sampled = sample_cells(as_if_predicted(treated, control, genes, name), control, cells=2_000)
        assert np.abs((sampled == 0).mean(axis=0) - (treated == 0).mean(axis=0)).mean() < 0.01
        np.testing.assert_allclose(sampled.mean(axis=0), treated.mean(axis=0), atol=0.12)
        assert np.abs(sampled.std(axis=0) - treated.std(axis=0)).mean() < 0.02


@pytest.mark.data
def test_many_significant_genes_are_found_again_where_there_are_many(shared_data):
    from xpert.data.matrix import dense
    from xpert.data.open import open_dataset

    data = open_dataset(shared_data / "papalexi" / "papalexi2021_thp1_299genes.h5ad")
    control = dense(data.expression(data.control_rows(data.contexts[0])))
    for target in ("IFNGR1", "JAK2", "STAT1"):
        treatment = Treatment.parse(f"{target}:ko")
        condition = next(c for c in data.conditions if c.treatment == treatment)
        treated = dense(data.expression(data.rows(condition)))
        asked = as_if_predicted(treated, control, data.genes, target)
        sampled = sample_cells(asked, control, cells=len(treated))
        measured = differential_expression(treated, control, data.genes)
        again = differential_expression(sampled, control, data.genes)
        assert (measured["fdr"] < 0.05).sum() > 80
        assert 0.5 < (again["fdr"] < 0.05).sum() / (measured["fdr"] < 0.05).sum() < 2
        assert np.corrcoef(measured["score"], again["score"])[0, 1] > 0.95
