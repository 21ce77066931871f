"""Cells with their treatments and contexts, their values, and means per condition."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import sparse

from xpert import CONTROL, InputError, Treatment
from xpert.data.dataset import PerturbationDataset
from xpert.data.detect import detect_schema
from xpert.data.detect_readout import detect_readout
from xpert.data.normalise import Normalisation
from xpert.data.readout import Readout
from xpert.data.responses import Condition
from xpert.data.schema import LabelForm, ObsSchema

RNG = np.random.default_rng(1)
COUNTS = RNG.poisson(2.0, (60, 40)).astype(np.float32)
GENES = [f"G{i}" for i in range(40)]
CP10K = COUNTS / COUNTS.sum(axis=1, keepdims=True) * 1e4


def dataset(table, mapping=None, **more):
    return PerturbationDataset.of(table, detect_schema(table, mapping).schema, **more)


def labelled(values=COUNTS, **more):
    cells = len(values)
    labels = (["KLF1", "MYC", "KLF1+MYC", "control"] * cells)[:cells]
    lines = (["K562"] * 2 + ["A549"] * 3) * cells
    return {"perturbation": labels, "cell_line": lines[:cells], **more}


@pytest.mark.parametrize(
    ("values", "readout", "log_base"),
    [
        (COUNTS, Readout.COUNTS, None),
        (CP10K, Readout.CP10K, None),
        (np.log1p(CP10K), Readout.LOG1P, None),
        (np.log2(1 + CP10K), Readout.LOG1P, 2.0),
        (np.log1p(CP10K)[:, :20], Readout.LOG1P, None),
        (np.log2(1 + CP10K)[:, :20], Readout.LOG1P, 2.0),
        (CP10K[:, :20], Readout.CP10K, None),
        (RNG.normal(8, 2, (60, 40)).clip(3, 15), Readout.LOG2, None),
        ((CP10K - CP10K.mean(0)) / CP10K.std(0), Readout.SCALED, None),
        (RNG.normal(0, 2.5, (60, 40)), Readout.Z, None),
        (RNG.normal(0, 0.3, (60, 40)), Readout.LOG2FC, None),
        (np.argsort(RNG.random((60, 101)), axis=1) / 50 - 1, Readout.SIGNED_RANK, None),
    ],
    ids=["counts", "cp10k", "log1p", "log2(1+x)", "log1p part", "log2 part", "cp10k part", "log2", "scaled", "z", "log2fc",
         "signed rank"],
)  # fmt: skip
@pytest.mark.parametrize("form", [np.array, sparse.csr_matrix], ids=["dense", "sparse"])
def test_the_unit_of_values_is_told_from_them(table_of, values, readout, log_base, form):
    table = table_of(
        {"x": list(range(60))}, form(values.astype(np.float32)), [f"G{i}" for i in range(values.shape[1])]
    )
    guess = detect_readout(table)
    assert guess.readout is readout, guess.reason
    assert guess.log_base == log_base
    assert guess.reason.endswith(".")


def test_the_total_that_cells_were_scaled_to_is_told(table_of):
    guess = detect_readout(table_of({"x": list(range(60))}, np.log1p(CP10K * 100), GENES))
    assert guess.target_sum == pytest.approx(1e6)


def test_a_record_of_log1p_decides_where_values_do_not(table_of):
    values = RNG.uniform(1, 5, (60, 40))
    assert detect_readout(table_of({"x": list(range(60))}, values, GENES)).readout is Readout.LOG2
    recorded = table_of({"x": list(range(60))}, values, GENES, uns={"log1p": {"base": None}})
    assert detect_readout(recorded).readout is Readout.LOG1P


def test_a_recorded_base_is_taken(table_of):
    values = RNG.choice([0, 1.3, 2.7, 4.1], (60, 40))
    table = table_of(labelled(), values, GENES)
    table.hints["log1p"] = "uns says that log1p was applied with base 2"
    found = dataset(table)
    assert found.found_readout.log_base == 2
    np.testing.assert_allclose(found.expression(slice(None)), table.matrix * np.log(2), rtol=1e-6)


def test_what_could_be_two_things_is_not_certain(table_of):
    assert not detect_readout(
        table_of({"x": list(range(60))}, RNG.normal(0, 2.5, (60, 40)), GENES)
    ).is_certain
    assert not detect_readout(table_of({"x": list(range(60))}, np.zeros((60, 40)), GENES)).is_certain


@pytest.mark.parametrize("form", [np.array, sparse.csr_matrix])
def test_counts_are_normalised_as_is_recorded(table_of, form):
    found = dataset(table_of(labelled(), form(COUNTS), GENES))
    values = found.expression(slice(None))
    assert found.file_readout is Readout.COUNTS
    assert found.readout is Readout.LOG1P
    assert len(found.normalisation) == 2
    assert "10,000" in found.normalisation[0]
    np.testing.assert_allclose(
        values.toarray() if sparse.issparse(values) else values, np.log1p(CP10K), rtol=1e-5
    )


def test_normalisation_can_be_declined(table_of):
    found = dataset(table_of(labelled(), COUNTS, GENES), normalise=False)
    assert found.readout is Readout.COUNTS
    assert found.normalisation == ()
    np.testing.assert_array_equal(found.expression([3, 1]), COUNTS[[3, 1]])


def test_log2_becomes_the_natural_logarithm_and_says_so(table_of):
    found = dataset(table_of(labelled(), np.log2(1 + CP10K), GENES))
    assert "log2" in found.normalisation[0]
    np.testing.assert_allclose(found.expression(slice(None)), np.log1p(CP10K), rtol=1e-5)


def test_normalising_does_not_change_the_file(table_of):
    table = table_of(labelled(), sparse.csr_matrix(COUNTS), GENES)
    before = table.matrix.copy()
    dataset(table).expression(slice(None))
    assert (table.matrix != before).nnz == 0


def test_a_cell_without_counts_stays_zero():
    steps = Normalisation(Readout.COUNTS, Readout.LOG1P, target_sum=1e4, takes_log=True)
    assert steps.apply(np.zeros((1, 3), dtype=np.int32)).tolist() == [[0, 0, 0]]
    assert steps.apply(sparse.csr_matrix((1, 3), dtype=np.int32)).nnz == 0


def test_the_user_says_the_unit_where_values_mislead(table_of):
    found = dataset(table_of(labelled(), COUNTS, GENES), {"readout": "log1p"})
    assert found.readout is Readout.LOG1P
    assert found.normalisation == ()


def test_conditions_are_treatments_in_contexts_and_rows_are_their_cells(table_of):
    table = table_of(labelled(), COUNTS, GENES)
    found = dataset(table, {"modality": "crispra"})
    assert found.contexts == ("K562", "A549")
    assert len(found.conditions) == 6
    assert not any(condition.treatment.is_control for condition in found.conditions)
    for condition in found.conditions:
        rows = found.rows(condition)
        assert len(rows) == found.counts[condition]
        label = "+".join(condition.treatment.targets)
        assert set(table.obs["perturbation"].iloc[rows]) == {label}
        assert set(table.obs["cell_line"].iloc[rows]) == {condition.context}
    assert set(table.obs["perturbation"].iloc[found.control_rows("A549")]) == {"control"}
    assert sum(found.counts.values()) == len(table.obs)


def test_a_condition_that_is_not_there_has_no_rows(table_of):
    found = dataset(table_of(labelled(), COUNTS, GENES))
    assert len(found.rows(Condition("K562", Treatment.parse("GATA1:ko")))) == 0


def test_a_context_that_is_not_there_is_an_error_that_names_those_that_are(table_of):
    found = dataset(table_of(labelled(), COUNTS, GENES))
    with pytest.raises(InputError, match="K562"):
        found.control_rows("K652")


def test_a_schema_with_a_missing_column_is_an_error(table_of):
    with pytest.raises(InputError, match="no column 'nope'"):
        PerturbationDataset.of(table_of(labelled(), COUNTS, GENES), ObsSchema("nope"))


def test_the_same_gene_is_another_treatment_by_another_modality(table_of):
    kind = ["CRISPRa" if line == "K562" else "CRISPRi" for line in labelled()["cell_line"]]
    found = dataset(table_of(labelled(perturbation_type=kind), COUNTS, GENES))
    texts = {(condition.context, str(condition.treatment)) for condition in found.conditions}
    assert ("K562", "KLF1:crispra") in texts
    assert ("A549", "KLF1:crispri") in texts
    assert ("A549", "KLF1:crispra") not in texts


def test_swapped_members_are_one_treatment(table_of):
    labels = ["KLF1+MYC", "MYC+KLF1", "KLF1+ctrl", "ctrl+KLF1", "KLF1", "ctrl"] * 10
    found = dataset(table_of({"condition": labels}, COUNTS, GENES), {"modality": "crispra"})
    assert {str(c.treatment): n for c, n in found.counts.items()} == {
        "KLF1:crispra + MYC:crispra": 20, "KLF1:crispra": 30, "control": 10,
    }  # fmt: skip


def test_doses_stay_with_their_members(table_of):
    labels = ["JQ1+vorinostat", "vorinostat+JQ1", "JQ1", "vorinostat", "DMSO", "JQ1"] * 10
    doses = ["1+0.5", "0.5+1", "1", "0.5", "0", "0"] * 10
    obs = {"drug": labels, "dose": doses, "dose_unit": ["uM"] * 60}
    found = dataset(table_of(obs, COUNTS, GENES))
    assert {str(c.treatment): n for c, n in found.counts.items()} == {
        "JQ1@1uM + vorinostat@0.5uM": 20, "JQ1@1uM": 10, "vorinostat@0.5uM": 10, "control": 20,
    }  # fmt: skip


def test_doses_without_a_unit_are_one_condition(table_of):
    obs = {"drug": ["JQ1", "JQ1", "DMSO"] * 20, "dose": [1.0, 5.0, 0.0] * 20}
    found = dataset(table_of(obs, COUNTS, GENES))
    assert [str(c.treatment) for c in found.conditions] == ["JQ1:compound"]
    assert any("--map dose_unit" in note.do for note in found.notes)
    assert len(dataset(table_of(obs, COUNTS, GENES), {"dose_unit": "nM"}).conditions) == 2


def test_an_efficacy_is_part_of_the_treatment(table_of):
    obs = {"target": ["KLF1", "KLF1", "control"] * 20, "strength": [0.5, 1.0, 0.0] * 20}
    found = dataset(table_of(obs, COUNTS, GENES), {"efficacy": "strength", "modality": "ko"})
    assert [str(c.treatment) for c in found.conditions] == ["KLF1:ko", "KLF1:ko@0.5"]


def test_aliases_of_targets_are_read_as_the_symbol_of_today(table_of):
    found = dataset(table_of({"target_gene": ["KIAA1804", "MARCH8", "NT"] * 20}, COUNTS, GENES))
    assert {c.treatment.targets for c in found.conditions} == {("MAP3K21",), ("MARCHF8",)}


def test_the_text_form_reads_back(table_of):
    texts = ["KLF1:crispra + MYC:crispra", "JQ1@500nM", '"g(+)-JQ1"@1uM', "control"]
    found = dataset(table_of({"treatment": texts * 15}, COUNTS, GENES))
    assert found.schema.label_form is LabelForm.TEXT
    assert {str(group.treatment) for group in found.groups} == set(texts)


def test_cells_without_label_without_counts_or_of_low_purity_are_left_out(table_of):
    values = COUNTS.copy()
    values[0] = 0
    labels = [None, *labelled()["perturbation"][1:]]
    labels[1] = None
    obs = {"target": labels, "guide": ["a", "b"] * 30, "guide_frac": [0.9] * 50 + [0.8] * 10}
    found = dataset(table_of(obs, values, GENES), {"minimum_purity": "0.8"})
    assert sum(found.left_out.values()) == 12
    assert sum(found.counts.values()) == 48
    assert (found.group_codes[[0, 1, *range(50, 60)]] == -1).all()


def test_a_table_without_labels_is_all_control(table_of):
    found = dataset(table_of({"n": list(range(60))}, COUNTS, GENES))
    assert found.conditions == ()
    assert len(found.control_rows("all cells")) == 60


def test_contexts_join_what_differs(table_of):
    obs = labelled() | {"time": [6.0, 24.0] * 30, "organ": ["blood"] * 60}
    found = dataset(table_of(obs, COUNTS, GENES))
    assert set(found.contexts) == {"K562, time 6", "K562, time 24", "A549, time 6", "A549, time 24"}
    assert found.covariates("K562, time 6") == {"cell_line": "K562", "time": "6"}


@pytest.mark.parametrize("form", [np.array, sparse.csr_matrix], ids=["dense", "sparse"])
@pytest.mark.parametrize("chunk", [7, 60, 1000])
def test_a_summary_in_chunks_equals_that_of_the_whole(table_of, form, chunk):
    found = dataset(table_of(labelled(), form(COUNTS), GENES))
    summary = found.summarise(chunk)
    whole = np.log1p(CP10K.astype(np.float64))
    for row, condition in enumerate(summary.conditions):
        cells = whole[found.rows(condition)]
        np.testing.assert_allclose(summary.mean[row], cells.mean(axis=0), rtol=1e-5)
        np.testing.assert_allclose(summary.variance[row], cells.var(axis=0, ddof=1), rtol=1e-4, atol=1e-6)
        assert summary.cells[row] == len(cells)


def test_variance_does_not_cancel_where_the_mean_is_far_above_the_spread(table_of):
    values = 15_000 + RNG.normal(0, 0.01, (60, 40))
    found = dataset(table_of(labelled(), values, GENES), {"readout": "log2"})
    summary = found.summarise(7)
    cells = found.expression(found.rows(summary.conditions[0])).astype(np.float64)
    np.testing.assert_allclose(summary.variance[0], cells.var(axis=0, ddof=1), rtol=1e-6, atol=1e-12)


def test_a_single_cell_has_no_spread(table_of):
    labels = ["KLF1"] + ["control"] * 59
    found = dataset(table_of({"perturbation": labels}, COUNTS, GENES))
    assert np.isnan(found.responses().spread).all()
    assert np.isfinite(found.responses().delta).all()


def test_responses_are_shifts_against_control_of_the_same_context(table_of):
    found = dataset(table_of(labelled(), COUNTS, GENES))
    responses = found.responses()
    values = np.log1p(CP10K)
    for row, condition in enumerate(responses.conditions):
        control = values[found.control_rows(condition.context)]
        treated = values[found.rows(condition)]
        np.testing.assert_allclose(responses.delta[row], treated.mean(0) - control.mean(0), atol=1e-5)
        np.testing.assert_allclose(responses.spread[row], treated.std(0, ddof=1), atol=1e-4)
        assert responses.cells[row] == len(treated)
        np.testing.assert_allclose(responses.context[condition.context].control, control.mean(0), atol=1e-5)
    assert found.context("K562").cells == len(found.control_rows("K562"))
    np.testing.assert_allclose(found.context("K562").control, responses.context["K562"].control)


def test_responses_can_be_restricted(table_of):
    found = dataset(table_of(labelled(), COUNTS, GENES))
    only = found.responses(contexts=["K562"], minimum_cells=2)
    assert {condition.context for condition in only.conditions} == {"K562"}
    assert len(found.responses(minimum_cells=1_000)) == 0


def test_a_context_without_control_has_no_responses(table_of):
    obs = {"perturbation": ["KLF1", "control"] * 15 + ["KLF1"] * 30, "cell_line": ["A"] * 30 + ["B"] * 30}
    found = dataset(table_of(obs, COUNTS, GENES))
    with pytest.raises(InputError, match="no control cells in: B"):
        found.responses()
    with pytest.raises(InputError, match="no control cells in: B"):
        found.context("B")
    assert len(found.responses(contexts=["A"])) == 1


def test_a_difference_to_control_needs_no_control(table_of):
    table = table_of({"drug": ["JQ1", "vorinostat"] * 30}, RNG.normal(0, 2, (60, 40)), GENES)
    responses = dataset(table, {"readout": "z"}).responses()
    assert (responses.contexts[0].control == 0).all()
    np.testing.assert_allclose(responses.delta[0], table.matrix[::2].mean(axis=0), rtol=1e-4)


def test_duplicated_genes_add_up_before_the_logarithm(table_of):
    genes = ["KLF1", "KLF1", *GENES[2:]]
    found = dataset(table_of(labelled(), COUNTS, genes))
    assert len(found.genes) == 39
    joined = (COUNTS[:, 0] + COUNTS[:, 1]) / COUNTS.sum(axis=1) * 1e4
    np.testing.assert_allclose(found.expression(slice(None))[:, 0], np.log1p(joined), rtol=1e-5)


@settings(max_examples=25, deadline=None)
@given(st.integers(1, 40), st.integers(0, 2**32 - 1))
def test_every_cell_is_in_one_group_or_left_out(table_of, groups, seed):
    random = np.random.default_rng(seed)
    labels = [f"drug{random.integers(groups)}" if random.random() > 0.1 else "DMSO" for _ in range(60)]
    table = table_of({"drug": labels, "cell_line": random.choice(["A", "B"], 60).tolist()}, COUNTS, GENES)
    found = PerturbationDataset.of(table, detect_schema(table, {"perturbation": "drug"}).schema)
    assert sum(found.counts.values()) + sum(found.left_out.values()) == 60
    assert sorted(np.concatenate([found.rows(group) for group in found.groups])) == list(range(60))
    assert all(group.treatment == CONTROL or len(group.treatment) == 1 for group in found.groups)


@pytest.mark.data
def test_norman_and_mcfaline_are_forty_two_treatments_in_four_contexts(shared_table):
    found = dataset(shared_table("norman_mcfaline/norman19_mcfaline23_devel.h5ad"))
    texts = {str(condition.treatment) for condition in found.conditions}
    assert len(texts) == 42
    assert len(found.conditions) == 33 + 9 * 3
    assert found.contexts == ("k562", "A172", "T98G", "U87MG")
    assert found.file_readout is Readout.LOG1P
    assert found.found_readout.is_certain
    assert found.normalisation == ()
    assert found.genes == found.table.gene_names
    assert found.responses().delta.shape == (60, 500)


@pytest.mark.data
def test_papalexi_keeps_pure_guides_on_request(shared_table):
    table = shared_table("papalexi/papalexi2021_thp1_299genes.h5ad")
    found = dataset(table, {"minimum_purity": "0.8"})
    assert sum(found.counts.values()) == int((table.obs["guide_frac"] > 0.8).sum())
    assert found.left_out
