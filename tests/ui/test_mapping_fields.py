"""The form of the Data page says the same as ``--map`` on the command line."""

from __future__ import annotations

from dataclasses import fields

import pytest

from xpert.data.mapping import KEYS, overrides
from xpert.data.schema import LabelForm, ObsSchema
from xpert.perturbation import DoseUnit
from xpert.ui.mapping_fields import FIELDS, NONE, changes, current, in_words_of_the_form


@pytest.fixture
def schema():
    return ObsSchema(
        "drug", ("DMSO", "water"), dose_key="dose", dose_unit=DoseUnit.MICROMOLAR, context_keys=("line",)
    )


def test_the_form_asks_for_everything_that_can_be_mapped():
    assert set(FIELDS) == set(KEYS)
    assert {name for field in FIELDS.values() for name in field.fields} == {f.name for f in fields(ObsSchema)}


def test_an_untouched_form_changes_nothing(schema):
    answers = {key: current(schema, field) for key, field in FIELDS.items()}
    assert changes(schema, {}, answers) == {}
    assert changes(schema, {"dose_unit": "uM"}, answers) == {"dose_unit": "uM"}


def test_what_is_changed_in_the_form_is_what_the_mapping_sets(schema):
    answers = {key: current(schema, field) for key, field in FIELDS.items()}
    answers |= {"dose_unit": "nM", "context": "line,time", "control": "water", "batch": "plate", "dose": NONE}
    changed = changes(schema, {}, answers)
    assert set(changed) == {"dose_unit", "context", "control", "batch", "dose"}
    made = overrides(changed, ["drug", "dose", "line", "time", "plate"])
    assert made["dose_unit"] is DoseUnit.NANOMOLAR
    assert made["context_keys"] == ("line", "time")
    assert made["dose_key"] is None


def test_no_control_at_all_stays_a_question_of_the_detection(schema):
    answers = {"control": NONE}
    assert changes(schema, {}, answers) == {}


def test_advice_for_the_command_line_is_told_in_the_words_of_the_form():
    said = in_words_of_the_form("Say it: --map dose_unit=uM.")
    assert said == "Say it: “Unit of the dose”: uM."
    assert in_words_of_the_form("--map nonsense=1") == "--map nonsense=1"


def test_every_form_of_a_label_can_be_chosen():
    assert set(FIELDS["label_form"].values) == {form.value for form in LabelForm}
