"""A simulated file has the effects that it says it has."""

from __future__ import annotations

import numpy as np
import pytest

from xpert import CONTROL, InputError, Treatment
from xpert.data.check import check_table
from xpert.data.readout import Readout
from xpert.data.responses import Condition
from xpert.data.synthetic import COMPOUNDS, CONTEXTS, DOSES, TARGETS, simulate
from xpert.data.table import CellTable


def report(adata):
    return check_table(CellTable.from_anndata(adata, name="simulated.h5ad"))


@pytest.mark.parametrize("readout", [Readout.COUNTS, Readout.LOG1P])
def test_a_simulated_file_is_understood_without_a_mapping(readout):
    found = report(simulate(cells=20, readout=readout)[0])
    assert found.is_usable
    assert found.dataset.file_readout is readout
    assert found.dataset.contexts == CONTEXTS
    assert found.combinations == 2
    assert len(found.treatments) == len(TARGETS) + 2 + len(COMPOUNDS) * len(DOSES)
    assert f"{COMPOUNDS[0]}@0.01uM" in found.treatments
    assert found.dataset.schema.batch_key == "batch"


def test_means_of_log1p_converge_on_the_truth():
    adata, truth = simulate(cells=400, readout=Readout.LOG1P)
    responses = report(adata).dataset.responses()
    assert responses.genes == truth.genes
    for row, condition in enumerate(responses.conditions):
        np.testing.assert_allclose(responses.delta[row], truth.shift(condition), atol=0.08)


def test_counts_follow_the_truth():
    adata, truth = simulate(cells=100)
    responses = report(adata).dataset.responses()
    for row, condition in enumerate(responses.conditions):
        shift = truth.shift(condition)
        if np.abs(shift).max() > 0.3:
            assert np.corrcoef(responses.delta[row], shift)[0, 1] > 0.9


def test_a_pair_with_an_interaction_differs_from_the_sum_and_one_without_does_not():
    _, truth = simulate(cells=1)
    first, second, third = (
        truth.shift(Condition("K562", Treatment.parse(f"{t}:crispra"))) for t in TARGETS[:3]
    )
    both = truth.shift(Condition("K562", Treatment.parse(f"{TARGETS[0]}:crispra + {TARGETS[1]}:crispra")))
    other = truth.shift(Condition("K562", Treatment.parse(f"{TARGETS[1]}:crispra + {TARGETS[2]}:crispra")))
    assert np.abs(both - first - second).max() > 0.1
    np.testing.assert_allclose(other, second + third)


def test_the_dose_response_rises_and_is_half_at_the_half_dose():
    _, truth = simulate(cells=1)
    name, half = COMPOUNDS[0], truth.half_doses[COMPOUNDS[0]]
    sizes = [
        np.linalg.norm(truth.shift(Condition("K562", Treatment.parse(f"{name}@{dose}uM"))))
        for dose in (0, *DOSES, half)
    ]
    assert sizes[0] == 0
    assert sizes[:-1] == sorted(sizes[:-1])
    assert sizes[-1] == pytest.approx(np.linalg.norm(truth.effects[name]) / 2)


def test_control_has_no_effect_and_contexts_differ_in_sensitivity():
    _, truth = simulate(cells=1)
    treatment = Treatment.parse("KLF1:crispra")
    assert not truth.shift(Condition("K562", CONTROL)).any()
    there, here = (truth.shift(Condition(context, treatment)) for context in CONTEXTS)
    np.testing.assert_allclose(here / 0.6, there)


def test_a_dose_without_a_molar_unit_has_no_known_effect():
    _, truth = simulate(cells=1)
    with pytest.raises(InputError, match="molar"):
        truth.shift(Condition("K562", Treatment.parse(f"{COMPOUNDS[0]}:compound")))


def test_the_same_seed_is_the_same_file_and_another_is_not():
    one, two, other = (simulate(cells=2, seed=seed)[0] for seed in (3, 3, 4))
    assert (one.X != two.X).nnz == 0
    assert one.obs.equals(two.obs)
    assert (one.X != other.X).nnz > 0


def test_other_units_cannot_be_simulated():
    with pytest.raises(ValueError, match="counts and log1p"):
        simulate(readout=Readout.Z)
