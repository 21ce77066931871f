"""The meaning of columns as a value, and the mapping that a user writes."""

from __future__ import annotations

import json

import pytest

from xpert import DoseUnit, InputError, Modality
from xpert.data.mapping import KEYS, overrides
from xpert.data.readout import Readout
from xpert.data.schema import LabelForm, ObsSchema

FULL = ObsSchema(
    perturbation_key="condition",
    control_labels=("ctrl", "DMSO, 0.1 %"),
    control_key="kind",
    label_form=LabelForm.GUIDE,
    separator="+",
    modality=Modality.CRISPRI,
    modality_key="type",
    dose_key="dose",
    dose_unit=DoseUnit.MICROMOLAR,
    dose_unit_key="unit",
    efficacy_key="efficacy",
    guide_key="guide",
    purity_key="purity",
    minimum_purity=0.8,
    context_keys=("cell_type", "time"),
    batch_key="batch",
    gene_key="symbol",
    readout=Readout.LOG1P,
)


@pytest.mark.parametrize("schema", [FULL, ObsSchema("perturbation"), ObsSchema(None)])
def test_a_schema_survives_json(schema):
    assert ObsSchema.from_mapping(json.loads(json.dumps(schema.to_mapping()))) == schema


def test_spellings_of_units_and_modalities_are_read():
    schema = ObsSchema.from_mapping({"modality": "KO", "dose_unit": "µM", "context_keys": "cell_type"})
    assert schema.modality is Modality.KNOCKOUT
    assert schema.dose_unit is DoseUnit.MICROMOLAR
    assert schema.context_keys == ("cell_type",)


@pytest.mark.parametrize(
    "mapping",
    [
        {"nonsense": "x"},
        {"modality": "magic"},
        {"dose_unit": "stone"},
        {"readout": "furlong"},
        {"minimum_purity": "much"},
    ],
)
def test_what_is_not_known_is_an_error(mapping):
    with pytest.raises(InputError):
        ObsSchema.from_mapping(mapping)


def test_a_minimum_purity_needs_the_purity_and_lies_between_zero_and_one():
    with pytest.raises(InputError, match="--map purity="):
        ObsSchema("target", minimum_purity=0.8)
    with pytest.raises(InputError, match="from 0 to 1"):
        ObsSchema("target", purity_key="purity", minimum_purity=1.5)


def test_a_text_is_no_tuple_of_names():
    with pytest.raises(TypeError, match="control_labels"):
        ObsSchema("target", control_labels="control")


def test_the_columns_that_are_named_are_listed():
    assert FULL.columns["dose_key"] == "dose"
    assert "gene_key" not in FULL.columns


OBS = ("target_gene", "dose", "unit", "cell_type", "time")


@pytest.mark.parametrize(
    ("mapping", "fields"),
    [
        ({"perturbation": "target_gene"}, {"perturbation_key": "target_gene"}),
        ({"perturbation_key": "target_gene"}, {"perturbation_key": "target_gene"}),
        ({"dose_unit": "unit"}, {"dose_unit_key": "unit", "dose_unit": None}),
        ({"dose_unit": "nM"}, {"dose_unit_key": None, "dose_unit": DoseUnit.NANOMOLAR}),
        ({"modality": "crispri"}, {"modality_key": None, "modality": Modality.CRISPRI}),
        ({"dose": "none"}, {"dose_key": None}),
        ({"context": "cell_type, time"}, {"context_keys": ("cell_type", "time")}),
        ({"context": "none"}, {"context_keys": ()}),
        ({"control": "DMSO"}, {"control_labels": ("DMSO",)}),
        ({"genes": "symbol"}, {"gene_key": "symbol"}),
        ({"minimum_purity": "0.8"}, {"minimum_purity": "0.8"}),
    ],
)
def test_a_mapping_names_columns_or_constants(mapping, fields):
    assert overrides(mapping, OBS, ("symbol",)) == fields


def test_a_column_that_is_missing_is_an_error_that_names_those_like_it():
    with pytest.raises(InputError, match=r"no column 'target_gen'.*target_gene"):
        overrides({"perturbation": "target_gen"}, OBS)
    with pytest.raises(InputError, match="has: cell_type, dose"):
        overrides({"perturbation": "zzz"}, OBS)
    with pytest.raises(InputError, match=r"dose_unit=uMM.*dose unit"):
        overrides({"dose_unit": "uMM"}, OBS)


def test_a_key_that_does_not_exist_is_an_error_that_names_one_like_it():
    with pytest.raises(InputError, match="perturbation"):
        overrides({"pertubation": "target_gene"}, OBS)


def test_every_key_is_explained():
    assert all(KEYS.values())
