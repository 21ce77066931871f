"""Every problem of a file is told at once, with its place and what to do."""

from __future__ import annotations

import numpy as np
import pytest

from xpert.data.confounding import cramers_v
from xpert.data.detect import detect_schema
from xpert.data.problem import Problem, listed, plural
from xpert.data.schema import ObsSchema
from xpert.data.validate import FEW_CELLS, FEW_CONTROLS, validate

RNG = np.random.default_rng(2)


def problems(table, mapping=None):
    return validate(table, detect_schema(table, mapping).schema)


def told(found, *words):
    """The problem whose text holds all of the words."""
    hits = [p for p in found if all(word in f"{p.where} {p.what} {p.do}" for word in words)]
    assert hits, "\n".join(map(str, found)) or "no problem at all"
    return hits[0]


def many(**labels):
    """So many cells of each label."""
    return [label for label, count in labels.items() for _ in range(count)]


def test_a_sound_file_has_no_errors(table_of):
    found = problems(table_of({"perturbation": many(KLF1=30, MYC=30, control=60)}))
    assert not [p for p in found if p.severity == "error"]


def test_a_file_without_control_is_an_error(table_of):
    found = problems(table_of({"perturbation": many(KLF1=30, MYC=30)}))
    assert told(found, "No cell is a control", "--map control=").severity == "error"


def test_too_few_control_cells_are_told_by_context(table_of):
    obs = {
        "perturbation": ["KLF1", "control"] * 30 + ["KLF1"] * 30 + ["control"] * 3,
        "cell_line": ["A"] * 60 + ["B"] * 33,
    }
    problem = told(problems(table_of(obs)), f"Fewer than {FEW_CONTROLS} control cells")
    assert "B (3)" in problem.what
    assert "A" not in problem.what.partition(":")[2]


def test_a_context_without_control_is_an_error_that_names_it(table_of):
    obs = {"perturbation": ["KLF1", "control"] * 30 + ["KLF1"] * 20, "cell_line": ["A"] * 60 + ["B"] * 20}
    problem = told(problems(table_of(obs)), "no control", "B")
    assert problem.severity == "error"
    assert problem.where == "context"


def test_a_label_that_is_no_gene_is_told(table_of):
    found = problems(table_of({"perturbation": many(KLF1=30, MYC=30, TP53=30, NOTAGENE=30, control=30)}))
    assert "NOTAGENE" in told(found, "not among the genes").what


def test_an_ambiguous_gene_is_told(table_of):
    found = problems(table_of({"perturbation": many(KLF1=30, MYC=30, ACSM2=30, control=30)}))
    assert "ACSM2" in told(found, "several genes").what


def test_a_gene_with_a_name_of_today_is_told(table_of):
    found = problems(table_of({"perturbation": many(KLF1=30, MARCH8=30, control=30)}))
    assert told(found, "MARCH8 → MARCHF8").severity == "info"


def test_few_cells_and_single_cells_of_a_condition_are_told(table_of):
    found = problems(table_of({"perturbation": many(KLF1=1, MYC=FEW_CELLS - 1, TP53=30, control=30)}))
    assert "KLF1:ko" in told(found, "a single cell").what
    assert "MYC:ko" in told(found, f"fewer than {FEW_CELLS} cells").what


def test_cells_without_counts_are_told(table_of):
    values = RNG.poisson(3, (60, 5)) + 1
    values[:4] = 0
    found = problems(table_of({"perturbation": ["KLF1", "control"] * 30}, values))
    assert told(found, "no counts at all").what.startswith("4 cells")


def test_cells_without_a_label_are_told(table_of):
    found = problems(table_of({"perturbation": ["KLF1", "control", None] * 20}))
    assert "20 cells" in told(found, "without a label").what


def test_a_dose_without_a_unit_is_asked_about(table_of):
    obs = {"drug": many(JQ1=30, vorinostat=30, DMSO=30), "dose": [1.0] * 60 + [0.0] * 30}
    assert told(problems(table_of(obs)), "no unit", "--map dose_unit=uM").where == "dose"
    assert not [p for p in problems(table_of(obs), {"dose_unit": "uM"}) if "unit" in p.what]


def test_mixed_units_are_told(table_of):
    obs = {"drug": many(JQ1=60, DMSO=30), "dose": [1.0] * 60 + [0.0] * 30, "dose_unit": ["uM", "nM"] * 45}
    assert told(problems(table_of(obs)), "different units", "nM, uM").where == "dose_unit"


def test_a_missing_dose_is_told(table_of):
    obs = {"drug": many(JQ1=60, DMSO=30), "dose": [1.0, None] * 45, "dose_unit": ["uM"] * 90}
    assert "JQ1" in told(problems(table_of(obs)), "no dose").what


def test_zero_doses_are_counted_as_control_and_told(table_of):
    obs = {"drug": many(JQ1=60, DMSO=30), "dose": [1.0, 0.0] * 45, "dose_unit": ["uM"] * 90}
    assert told(problems(table_of(obs)), "count as control").what.startswith("30 cells")


def test_labels_that_cannot_be_read_are_an_error_that_names_them(table_of):
    obs = {"drug": many(JQ1=60, DMSO=30), "dose": ["1"] * 30 + ["much"] * 30 + ["0"] * 30}
    problem = told(problems(table_of(obs), {"dose": "dose", "dose_unit": "uM"}), "cannot be read")
    assert problem.severity == "error"
    assert "JQ1" in problem.what


def test_conditions_without_control_in_their_batch_are_told(table_of):
    obs = {"perturbation": many(KLF1=30, MYC=30, control=30), "batch": many(a=30, b=30) + ["b"] * 30}
    found = problems(table_of(obs))
    problem = told(found, "batches without control")
    assert "KLF1" in problem.what
    assert "MYC" not in problem.what
    assert problem.where == "batch"
    assert told(found, "Cramér's V")


def test_batches_that_hold_everything_are_no_problem(table_of):
    obs = {"perturbation": many(KLF1=30, MYC=30, control=30), "batch": ["a", "b"] * 45}
    assert not [p for p in problems(table_of(obs)) if p.where == "batch"]


def test_batches_of_different_contexts_are_no_confounding(table_of):
    obs = {"perturbation": ["KLF1", "control"] * 60, "cell_line": ["A"] * 60 + ["B"] * 60,
           "batch": ["a", "a", "b", "b"] * 15 + ["c", "c", "d", "d"] * 15}  # fmt: skip
    assert not [p for p in problems(table_of(obs)) if p.where == "batch"]


def test_cramers_v_is_one_for_the_same_and_zero_for_independent():
    assert cramers_v(np.diag([50, 50, 50])) == pytest.approx(1, abs=0.01)
    assert cramers_v(np.full((3, 3), 50)) == 0
    assert cramers_v(np.array([[50, 50]])) == 0
    assert cramers_v(np.zeros((2, 2), dtype=int)) == 0


def test_chance_is_not_taken_for_confounding():
    table = RNG.multinomial(2, np.full(4, 0.25), size=200)
    assert cramers_v(table) < 0.3


def test_duplicated_genes_are_told(table_of):
    table = table_of(
        {"perturbation": many(KLF1=30, control=30)}, genes=["KLF1", "KLF1", "MYC", "TP53", "ACTB"]
    )
    assert "KLF1" in told(problems(table), "with several columns").what


def test_low_purity_is_asked_about_and_its_filter_told(table_of):
    obs = {"target": many(KLF1=30, NT=30), "guide": many(KLF1g1=30, NTg1=30), "guide_frac": [0.5, 0.9] * 30}
    table = table_of(obs)
    assert any("guide purity" in question.what for question in detect_schema(table).questions)
    left_out = told(problems(table, {"minimum_purity": "0.8"}), "guide_frac of 0.8 or less")
    assert "30 cells" in left_out.what
    assert left_out.severity == "info"


def test_a_control_label_that_no_cell_has_is_an_error(table_of):
    problem = told(
        problems(table_of({"perturbation": many(KLF1=30, control=30)}), {"control": "DMSO"}), "DMSO"
    )
    assert problem.severity == "error"
    assert "control" in problem.do


def test_cells_without_a_context_are_told(table_of):
    obs = {"perturbation": ["KLF1", "control"] * 30, "cell_line": ["A"] * 50 + [None] * 10}
    assert told(problems(table_of(obs)), "lack a value").what.startswith("10 cells")


def test_a_missing_column_is_a_problem_and_not_an_exception(table_of):
    found = validate(table_of({"perturbation": many(KLF1=30, control=30)}), ObsSchema("nope"))
    assert [p.severity for p in found] == ["error"]
    assert "'nope'" in found[0].what


def test_uncertain_values_are_asked_about(table_of):
    table = table_of({"perturbation": many(KLF1=30, control=30)}, RNG.normal(0, 2.5, (60, 5)))
    assert "--map readout=" in told(problems(table), "taken as z").do


def test_problems_come_together_the_gravest_first_and_none_twice(table_of):
    obs = {"drug": [*many(JQ1=30, vorinostat=3), None], "dose": [1.0] * 34, "batch": ["a"] * 31 + ["b"] * 3}
    found = problems(table_of(obs))
    ranks = [["error", "warning", "info"].index(p.severity) for p in found]
    assert ranks == sorted(ranks)
    assert len(set(found)) == len(found)
    assert len(found) >= 4
    assert all(p.where and p.what and p.do for p in found)


def test_a_problem_says_where_what_and_what_to_do():
    with pytest.raises(ValueError, match="where"):
        Problem("error", "", "x", "y")
    with pytest.raises(ValueError, match="severity"):
        Problem("fatal", "x", "x", "y")


def test_words_for_lists_and_counts():
    assert listed(["a", "b", "c"], most=2) == "a, b and 1 more"
    assert plural(1, "gene") == "1 gene"
    assert plural(1200, "gene") == "1,200 genes"


@pytest.mark.data
def test_real_files_have_no_errors(shared_table):
    for path in ("norman_mcfaline/norman19_mcfaline23_devel.h5ad", "papalexi/papalexi2021_thp1_299genes.h5ad",
                 "tggates/tggates_human_hepatocyte_196genes.h5ad", "l1000_wells/prnet_demo_lincs_681x978.h5ad"):  # fmt: skip
        assert not [p for p in problems(shared_table(path)) if p.severity == "error"], path
