"""Control cells of a file reach the model by name of gene and context, or are refused in words."""

from dataclasses import replace

import numpy as np
import pytest

from xpert.data.dataset import PerturbationDataset
from xpert.data.detect import detect_schema
from xpert.data.matrix import dense
from xpert.data.readout import Readout
from xpert.data.synthetic import simulate
from xpert.data.table import CellTable
from xpert.errors import InputError
from xpert.perturbation import CONTROL, Treatment
from xpert.prediction.cells import sample_cells
from xpert.prediction.controls import context_from_dataset, control_cells, match_genes, missing_genes
from xpert.prediction.predict import predict


def dataset_of(data):
    table = CellTable.from_anndata(data, name="mine")
    return PerturbationDataset.of(table, detect_schema(table).schema)


@pytest.fixture(scope="module")
def dataset():
    return dataset_of(simulate(cells=12)[0])


@pytest.fixture
def model(bundle, dataset):
    """The tiny bundle on six genes, five of which the file holds."""
    genes = ("GATA1", "KLF1", "MYC", "STAT3", "NOTINFILE", "VIM")
    contexts = {name: replace(context, genes=genes) for name, context in bundle.contexts.items()}
    return replace(bundle, genes=genes, contexts=contexts)


def test_the_context_holds_the_mean_of_the_control_cells_in_the_order_of_the_model(dataset, model):
    context = context_from_dataset(dataset, model, "K562")
    assert context.name == "k562"
    assert context.genes == ("GATA1", "KLF1", "MYC", "STAT3", "VIM")
    assert missing_genes(context, model) == ("NOTINFILE",)
    cells = dense(control_cells(dataset, "K562", context.genes))
    np.testing.assert_allclose(context.control, cells.mean(axis=0), rtol=1e-5)
    assert context.cells == len(cells)


def test_predicted_cells_follow_from_a_file_in_a_few_lines(dataset, model):
    context = context_from_dataset(dataset, model, "k562")
    prediction = predict(model, [context], [Treatment.parse("KLF1:crispra")])[0]
    cells = sample_cells(prediction, control_cells(dataset, "K562", prediction.genes))
    assert cells.shape == (context.cells, 5)


def test_a_context_may_be_given_the_name_that_the_file_lacks(dataset, model):
    assert context_from_dataset(dataset, model, "A549", shown_as="a172").name == "A172"


def test_an_unknown_context_of_the_file_is_refused(dataset, model):
    with pytest.raises(InputError, match="no context 'hela'"):
        context_from_dataset(dataset, model, "hela")


def test_another_unit_is_refused(dataset, model):
    with pytest.raises(InputError, match="values are ln"):
        context_from_dataset(dataset, replace(model, readout=Readout.LOG2), "K562")


def test_another_organism_is_refused(model):
    data = simulate(cells=12)[0]
    data.var_names = [name.capitalize() for name in data.var_names]
    with pytest.raises(InputError, match="genes are mouse"):
        context_from_dataset(dataset_of(data), model, "K562")


def test_genes_meet_by_equal_spelling_before_any_other_name():
    # NFE1 is a previous symbol of GATA1; where both are measured each keeps its own place.
    assert match_genes(["NFE1", "GATA1"], ["GATA1", "NFE1"]).tolist() == [1, 0]
    assert match_genes(["NFE1", "HBB"], ["GATA1"]).tolist() == [0]
    assert match_genes(["HBB", "HBB"], ["HBB", "KLF1"]).tolist() == [0, -1]


def test_cells_of_a_gene_that_is_not_in_the_file_are_an_error(dataset):
    with pytest.raises(KeyError, match="NOTINFILE"):
        control_cells(dataset, "K562", ("GATA1", "NOTINFILE"))


def test_genes_that_were_not_measured_are_filled_for_the_model_and_not_shown(dataset, model):
    seen = {}

    class Spy(type(model)):
        def shift(self, conditions, contexts):
            seen.update(contexts)
            return super().shift(conditions, contexts)

    spy = Spy(**{name: getattr(model, name) for name in model.__dataclass_fields__})
    context = context_from_dataset(dataset, spy, "k562")
    prediction = predict(spy, [context], [CONTROL, Treatment.parse("KLF1:crispra")])[1]
    filled = seen["k562"]
    assert filled.genes == model.genes
    usual = np.mean([c.control for c in model.contexts.values()], axis=0)
    assert filled.control[4] == usual[4]
    assert "NOTINFILE" not in prediction.genes
