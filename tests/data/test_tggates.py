from __future__ import annotations

import numpy as np
import pytest

from xpert.data.collections import load_responses
from xpert.data.collections.tggates import read_arrays
from xpert.data.readout import Readout

pytestmark = pytest.mark.data


def test_every_compound_stands_at_its_concentrations_and_times(shared_data):
    responses = load_responses("tggates", shared_data)
    assert responses.readout is Readout.LOG2FC
    assert len(responses) == 857
    assert len({c.treatment.targets for c in responses.conditions}) == 146
    assert {c.covariates["time"] for c in responses.contexts} == {"2 h", "8 h", "24 h"}
    assert "human hepatocytes CELL0030, 2 h | 1-Naphthyl isothiocyanate@200uM" in map(
        str, responses.conditions
    )


def test_a_delta_is_treated_minus_the_same_compounds_controls(shared_data):
    arrays = read_arrays(shared_data)
    table = arrays.table
    own = (table["compound"] == "Aspirin") & (table["hours"] == 24)
    high, control = (
        arrays.values[(own & (table["level"] == level)).to_numpy()] for level in ("High", "Control")
    )
    deltas = arrays.deltas()
    assert deltas["Aspirin", 24.0, "High"] == pytest.approx(high.mean(axis=0) - control.mean(axis=0))
    halves = [arrays.deltas((replicate,))["Aspirin", 24.0, "High"] for replicate in ("1", "2")]
    assert np.mean(halves, axis=0) == pytest.approx(deltas["Aspirin", 24.0, "High"])
    assert not np.allclose(*halves)
