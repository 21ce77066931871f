"""Conventions of naming columns, control labels, combinations, doses and contexts are found."""

from __future__ import annotations

import numpy as np
import pytest

from xpert import DoseUnit, InputError, Modality
from xpert.data.amounts import Amount, read_amounts
from xpert.data.controls import control_strength, find_controls
from xpert.data.detect import detect_schema
from xpert.data.genes import GeneNames
from xpert.data.labels import LabelReader, are_guides, find_separator, guide_target
from xpert.data.schema import LabelForm

N = 12


def spread(*labels):
    """Labels of N cells, each label as often as fits."""
    return [labels[i % len(labels)] for i in range(N)]


CONVENTIONS = {
    "scPerturb": (
        {"perturbation": spread("vorinostat", "JQ1", "control"), "dose_value": [1.0] * N, "dose_unit": ["uM"] * N,
         "nperts": [1] * N, "cell_line": ["K562"] * N},
        {"perturbation_key": "perturbation", "modality": "compound", "dose_key": "dose_value",
         "dose_unit_key": "dose_unit", "context_keys": ["cell_line"], "control_labels": ["control"]},
    ),
    "GEARS": (
        {"condition": spread("KLF1+ctrl", "KLF1+MYC", "ctrl"), "cell_type": ["K562"] * N, "control": [0] * N},
        {"perturbation_key": "condition", "separator": "+", "control_labels": ["ctrl"], "modality": "knockout"},
    ),
    "cell-eval": (
        {"target_gene": spread("KLF1", "MYC", "non-targeting"), "batch": spread("a", "b", "c")},
        {"perturbation_key": "target_gene", "control_labels": ["non-targeting"], "batch_key": "batch"},
    ),
    "PerturBench": (
        {"condition": spread("KLF1", "KLF1+MYC", "control"), "perturbation_type": ["CRISPRi"] * N,
         "cell_type": spread("A172", "T98G"), "treatment": ["none"] * N, "dose": ["1"] * N},
        {"perturbation_key": "condition", "modality_key": "perturbation_type", "context_keys": ["cell_type"],
         "separator": "+"},
    ),
    "sci-Plex": (
        {"product_name": spread("Belinostat", "Dacinostat", "Vehicle"), "dose": spread(10.0, 10000.0, 0.0),
         "cell_type": ["A549"] * N},
        {"perturbation_key": "product_name", "dose_key": "dose", "dose_unit": "nM", "control_labels": ["Vehicle"]},
    ),
    "LINCS": (
        {"pert_iname": spread("vorinostat", "KLF1", "LACZ"), "pert_type": spread("trt_cp", "trt_sh", "ctl_vector"),
         "pert_idose": spread("10 µM", "-666", "-666"), "cell_id": ["MCF7"] * N, "pert_itime": ["6 h"] * N},
        {"perturbation_key": "pert_iname", "modality_key": "pert_type", "dose_key": "pert_idose",
         "control_key": "pert_type", "control_labels": ["ctl_vector"], "context_keys": ["cell_id", "pert_itime"]},
    ),
    "10x guide calls": (
        {"num_features": spread(1, 2, 1), "feature_call": spread("KLF1-1", "KLF1-2|MYC-1", "NT-1"),
         "num_umis": spread("12", "3|4", "9")},
        {"perturbation_key": "feature_call", "label_form": "guide", "separator": "|", "control_labels": ["NT-1"]},
    ),
    "guide screen": (
        {"target": spread("KLF1", "MYC", "NT"), "guide": spread("KLF1g1", "MYCg1", "NTg1"), "guide_frac": [0.9] * N},
        {"perturbation_key": "target", "guide_key": "guide", "purity_key": "guide_frac", "control_labels": ["NT"]},
    ),
    "Tahoe-100M": (
        {"drugname_drugconc": spread("[('Adagrasib', 0.05, 'uM')]", "[('DMSO_TF', 0.0, 'uM')]", "[('JQ1', 5.0, 'uM')]"),
         "cell_line": ["CVCL_1"] * N},
        {"perturbation_key": "drugname_drugconc", "modality": "compound"},
    ),
    "TG-GATEs": (
        {"treatmentid": spread("Aspirin", "Caffeine"), "xptype": spread("control", "perturbation", "perturbation"),
         "concentration": spread(0.0, 8.0, 40.0), "duration": spread(2, 2, 8, 8)},
        {"perturbation_key": "treatmentid", "control_key": "xptype", "dose_key": "concentration",
         "context_keys": ["duration"], "modality": "compound"},
    ),
    "X-Pert": (
        {"treatment": spread("KLF1:crispra + MYC:crispra", "JQ1@1uM", "control"), "cell_type": ["K562"] * N},
        {"perturbation_key": "treatment", "label_form": "text", "control_labels": ["control"]},
    ),
    "by name": (
        {"drug_name": spread("vorinostat", "JQ1", "DMSO")},
        {"perturbation_key": "drug_name", "modality": "compound", "control_labels": ["DMSO"]},
    ),
}  # fmt: skip


@pytest.mark.parametrize("convention", CONVENTIONS)
def test_a_convention_is_found_with_its_columns(table_of, convention):
    obs, expected = CONVENTIONS[convention]
    proposal = detect_schema(table_of(obs))
    assert proposal.convention == convention
    assert expected.items() <= proposal.schema.to_mapping().items()


@pytest.mark.parametrize("convention", CONVENTIONS)
def test_every_mapped_field_has_one_reason(table_of, convention):
    proposal = detect_schema(table_of(CONVENTIONS[convention][0]))
    assert set(proposal.reasons) == set(proposal.schema.to_mapping())
    assert all(reason.endswith(".") for reason in proposal.reasons.values())


def test_a_file_without_labels_is_all_control_and_says_so(table_of):
    proposal = detect_schema(table_of({"n_counts": [1.5] * N, "leiden": spread("0", "1")}))
    assert proposal.schema.perturbation_key is None
    assert "unperturbed" in proposal.questions[0].what


def test_the_user_overrules_what_is_detected(table_of):
    obs = CONVENTIONS["PerturBench"][0] | {"other": spread("MYC", "TP53", "water")}
    proposal = detect_schema(
        table_of(obs),
        {"perturbation": "other", "control": "water", "modality": "ko", "context": "none", "dose_unit": "nM"},
    )
    schema = proposal.schema
    assert (schema.perturbation_key, schema.control_labels, schema.modality) == (
        "other", ("water",), Modality.KNOCKOUT,
    )  # fmt: skip
    assert schema.context_keys == ()
    assert schema.dose_unit is DoseUnit.NANOMOLAR
    assert proposal.convention == "mapped by hand"
    assert "by hand" in proposal.reasons["perturbation_key"]


def test_several_control_labels_are_given_with_commas(table_of):
    obs = {"perturbation": spread("KLF1", "water", "saline", "a, b")}
    assert detect_schema(table_of(obs), {"control": "water,saline"}).schema.control_labels == (
        "water",
        "saline",
    )
    assert detect_schema(table_of(obs), {"control": "a, b"}).schema.control_labels == ("a, b",)


def test_a_mapping_to_a_missing_column_is_an_error(table_of):
    with pytest.raises(InputError, match="no column 'nope'"):
        detect_schema(table_of({"perturbation": spread("KLF1", "control")}), {"dose": "nope"})


@pytest.mark.parametrize(
    "label",
    [
        "control", "Control", "ctrl", "CTRL", "non-targeting", "Non-Targeting", "nontargeting", "NT", "nt", "NTC", "neg",
        "negative control", "NegCtrl0", "DMSO", "DMSO_TF", "vehicle", "Vehicle", "untreated", "UnTrt", "mock", "unperturbed",
        "NO_TARGET", "safe-targeting", "PBS", "NTg7", "NT_sg1", "non-targeting_00012", "ctl_vehicle", "scramble",
    ],
)  # fmt: skip
def test_usual_spellings_mean_control(label):
    assert control_strength(label) == "clear"


@pytest.mark.parametrize("label", ["KLF1", "NT5E", "GAPDH", "vorinostat", "NTRK1", "NEGR1", "", "7"])
def test_names_of_genes_and_compounds_do_not_mean_control(label):
    assert control_strength(label) is None


def test_a_weak_label_is_control_only_where_no_clear_one_is_and_is_asked_about(table_of):
    proposal = detect_schema(table_of({"perturbation": spread("KLF1", "MYC", "none")}))
    assert proposal.schema.control_labels == ("none",)
    assert any("may mean something else" in question.what for question in proposal.questions)
    assert detect_schema(table_of({"perturbation": spread("KLF1", "GFP", "NT")})).schema.control_labels == (
        "NT",
    )


def test_the_gene_ctrl_is_a_gene_beside_a_clear_control():
    genes = GeneNames.load()
    assert find_controls(["CTRL", "KLF1", "non-targeting"], genes) == (("non-targeting",), "clear")
    assert find_controls(["CTRL", "KLF1"], genes) == (("CTRL",), "clear")


@pytest.mark.parametrize(
    ("labels", "are_genetic", "separator"),
    [
        (["KLF1+ctrl", "KLF1+MYC", "ctrl"], True, "+"),
        (["KLF1_MYC", "KLF1", "control"], True, "_"),
        (["KLF1|MYC", "KLF1"], True, "|"),
        (["KLF1;MYC", "KLF1"], True, ";"),
        (["KLF1,MYC", "KLF1"], True, ","),
        (["HLA-A", "HLA-B", "NKX2-1"], True, None),
        (["STAT1_KO", "STAT2_KO", "control"], True, None),
        (["STAT1_sg1", "STAT2_sg1", "NT_sg1"], True, None),
        (["g(+)-JQ1", "2,4-Dinitrophenol", "N,N'-Diphenylmethylenediamine", "DMSO"], False, None),
        (["alpha,beta-x", "alpha,beta-y", "DMSO"], False, None),
        (["Belinostat_10uM", "JQ1_10uM", "Belinostat_1uM", "DMSO"], False, None),
        (["Dacinostat", "Panobinostat", "Dacinostat+Panobinostat", "control"], False, "+"),
        (["Dacinostat+control", "control+SRT1720", "Dacinostat+SRT1720"], False, "+"),
    ],
)
def test_the_separator_of_combinations_is_decided_from_the_labels(labels, are_genetic, separator):
    assert find_separator(labels, GeneNames.load(), are_genetic=are_genetic) == separator


@pytest.mark.parametrize(
    ("guide", "target"),
    [("STAT1g2", "STAT1"), ("STAT1_sg2", "STAT1"), ("STAT1-2", "STAT1"), ("NKX2-1", "NKX2-1"), ("NKX2-1_g3", "NKX2-1"),
     ("STAT1_KO", "STAT1"), ("HLA-A.1", "HLA-A"), ("KLF1", "KLF1")],
)  # fmt: skip
def test_a_guide_hits_the_target_it_is_named_after(guide, target):
    assert guide_target(guide, GeneNames.load()) == target


def test_genes_with_numbers_are_no_guides():
    assert are_guides(["KLF1g1", "KLF1g2", "MYCg1", "NT"], GeneNames.load())
    assert not are_guides(["KLF1", "MYC", "NKX2-1", "HLA-A"], GeneNames.load())


def test_a_label_names_each_target_once_and_never_control():
    reader = LabelReader("+", frozenset({"a+b"}), frozenset({"ctrl"}))
    assert [m.name for m in reader.members("KLF1+ctrl")] == ["KLF1"]
    assert [(m.place, m.name) for m in reader.members("ctrl+KLF1")] == [(1, "KLF1")]
    assert [m.name for m in reader.members("KLF1+KLF1")] == ["KLF1"]
    assert [m.name for m in reader.members("a+b")] == ["a+b"]
    assert reader.members("ctrl") == ()


@pytest.mark.parametrize(
    ("text", "amounts"),
    [
        ("10", (Amount(10),)),
        ("10 µM", (Amount(10, DoseUnit.MICROMOLAR),)),
        ("500nM", (Amount(500, DoseUnit.NANOMOLAR),)),
        ("1e-3", (Amount(0.001),)),
        ("1+0.5", (Amount(1), Amount(0.5))),
        ("1uM+500nM", (Amount(1, DoseUnit.MICROMOLAR), Amount(500, DoseUnit.NANOMOLAR))),
        ("-666", (None,)),
        ("nan+1", (None, Amount(1))),
        ("", (None,)),
    ],
)
def test_doses_are_read_as_files_write_them(text, amounts):
    assert read_amounts(text) == amounts


@pytest.mark.parametrize("text", ["much", "-1", "1 parsec", "inf"])
def test_what_is_no_dose_is_an_error(text):
    with pytest.raises(InputError):
        read_amounts(text)


def test_a_unit_is_read_from_the_column_name(table_of):
    obs = {"drug": spread("JQ1", "vorinostat", "DMSO"), "dose_uM": spread(1.0, 2.0, 0.0)}
    assert detect_schema(table_of(obs)).schema.dose_unit is DoseUnit.MICROMOLAR


def test_a_unit_that_only_the_habit_states_is_asked_about(table_of):
    proposal = detect_schema(table_of(CONVENTIONS["sci-Plex"][0]))
    assert any("does not state the unit" in question.what for question in proposal.questions)
    scaled = CONVENTIONS["sci-Plex"][0] | {"dose": spread(0.001, 1.0, 0.0)}
    assert detect_schema(table_of(scaled)).schema.dose_unit is None


def test_cells_with_several_guides_are_asked_about(table_of):
    proposal = detect_schema(table_of(CONVENTIONS["10x guide calls"][0]))
    assert any("two cells in one droplet" in question.what for question in proposal.questions)


def test_the_background_treatment_of_perturbench_names_the_state_where_it_differs(table_of):
    obs = CONVENTIONS["PerturBench"][0]
    varied = obs | {"treatment": spread("none", "none", "temozolomide", "temozolomide")}
    assert detect_schema(table_of(obs)).schema.context_keys == ("cell_type",)
    assert detect_schema(table_of(varied)).schema.context_keys == ("cell_type", "treatment")


def test_a_dose_of_genes_is_not_used(table_of):
    obs = {"condition": spread("KLF1", "MYC", "control"), "dose": spread(1.0, 0.5, 0.0)}
    proposal = detect_schema(table_of(obs))
    assert proposal.schema.dose_key is None
    assert any("efficacy=dose" in question.do for question in proposal.questions)


def test_how_genes_are_perturbed_is_read_from_the_file_name_or_asked(table_of):
    obs = {"perturbation": spread("KLF1", "MYC", "control")}
    assert detect_schema(table_of(obs, name="Replogle_CRISPRi.h5ad")).schema.modality is Modality.CRISPRI
    asked = detect_schema(table_of(obs))
    assert asked.schema.modality is Modality.KNOCKOUT
    assert any("modality=" in question.do for question in asked.questions)


def test_a_guides_purity_is_evidence_and_a_filter_is_offered(table_of):
    obs = CONVENTIONS["guide screen"][0] | {"guide_frac": np.linspace(0.5, 1, N)}
    proposal = detect_schema(table_of(obs))
    assert proposal.schema.efficacy_key is None
    assert proposal.schema.minimum_purity is None
    assert any("minimum_purity=0.8" in question.do for question in proposal.questions)
    asked = detect_schema(table_of(obs), {"minimum_purity": "0.8"})
    assert asked.schema.minimum_purity == 0.8
    assert not any("minimum_purity" in question.do for question in asked.questions)


def test_a_column_of_barcodes_is_no_context(table_of):
    obs = {"perturbation": spread("KLF1", "control"), "cell_id": [f"AAC{i}" for i in range(N)]}
    assert detect_schema(table_of(obs)).schema.context_keys == ()


def test_a_line_with_types_in_it_is_named_by_both(table_of):
    obs = {"perturbation": spread("KLF1", "control"), "cell_line": spread("A", "A", "B", "B"),
           "cell_type": spread("x", "x", "x", "x", "y", "y"), "celltype": spread("A", "A", "B", "B")}  # fmt: skip
    assert detect_schema(table_of(obs)).schema.context_keys == ("cell_line", "cell_type")


def test_gene_names_are_taken_from_the_column_that_holds_them(table_of):
    table = table_of(
        {"perturbation": spread("KLF1", "control")},
        genes=["g1", "g2", "g3", "g4"],
        var={"feature_name": ["KLF1", "MYC", "TP53", "ACTB"]},
    )
    assert detect_schema(table).schema.gene_key == "feature_name"


def test_labels_that_are_guides_name_their_targets(table_of):
    proposal = detect_schema(
        table_of({"guide_identity": spread("KLF1_sg1", "MYC_sg2", "NT_sg1", "KLF1_sg2")})
    )
    assert proposal.schema.label_form is LabelForm.GUIDE
    assert proposal.schema.control_labels == ("NT_sg1",)


REAL = {
    "norman_mcfaline/norman19_mcfaline23_devel.h5ad": ("PerturBench", ["control"], ["cell_type"]),
    "papalexi/papalexi2021_thp1_299genes.h5ad": ("guide screen", ["non-targeting"], None),
    "tggates/tggates_human_hepatocyte_196genes.h5ad": ("TG-GATEs", ["control"], ["sampleid", "duration"]),
    "l1000_wells/prnet_demo_lincs_681x978.h5ad": ("LINCS", ["DMSO"], ["cell_id", "pert_time"]),
}


@pytest.mark.data
@pytest.mark.parametrize("path", REAL)
def test_real_files_are_understood(shared_table, path):
    proposal = detect_schema(shared_table(path))
    found = proposal.schema.to_mapping()
    assert (proposal.convention, found["control_labels"], found.get("context_keys")) == REAL[path]
