"""Sampled cells have the predicted mean and spread, and look like the control cells otherwise."""

from dataclasses import replace

import numpy as np
import pytest
from scipy import sparse

from xpert.data.readout import Readout
from xpert.errors import InputError
from xpert.perturbation import Treatment
from xpert.prediction.cells import pseudobulk, sample_cells
from xpert.prediction.predict import predict

MANY = 20_000


@pytest.fixture
def control_cells():
    """Log1p counts on the six genes: silent, rare, common, always on …"""
    rng = np.random.default_rng(3)
    rate = np.array([0.0, 0.05, 0.7, 2.0, 30.0, 5.0])
    depth = rng.lognormal(0.0, 0.4, size=(400, 1))
    return np.log1p(rng.poisson(rate * depth) / depth * 4.0)


def prediction(bundle, delta, spread, text="KLF1:crispra"):
    made = predict(bundle, ["k562"], [Treatment.parse(text)])[0]
    infinite = np.full(6, np.inf)
    return replace(
        made,
        delta=np.asarray(delta, float),
        spread=np.asarray(spread, float),
        lower=-infinite,
        upper=infinite,
    )


def test_mean_and_spread_are_the_predicted_ones(bundle, control_cells):
    delta = np.array([0.2, 0.3, -0.4, 0.8, -1.0, 0.1])
    spread = control_cells.std(axis=0) * [0, 1.4, 0.9, 1.1, 1.3, 0.7]
    spread[0] = 0.5
    cells = sample_cells(prediction(bundle, delta, spread), control_cells, cells=MANY)
    np.testing.assert_allclose(cells.mean(axis=0), control_cells.mean(axis=0) + delta, atol=0.03)
    np.testing.assert_allclose(cells.std(axis=0), spread, rtol=0.06)
    assert cells.min() >= 0


def test_the_share_of_zeros_moves_with_the_mean(bundle, control_cells):
    up = sample_cells(prediction(bundle, np.full(6, 0.3), np.full(6, np.nan)), control_cells, cells=MANY)
    lower = -0.5 * control_cells.mean(axis=0)
    down = sample_cells(prediction(bundle, lower, np.full(6, np.nan)), control_cells, cells=MANY)
    zeros = [(values == 0).mean(axis=0) for values in (down, control_cells, up)]
    assert (zeros[0][1:4] > zeros[1][1:4] + 0.01).all()
    assert (zeros[2][1:4] < zeros[1][1:4] - 0.01).all()
    assert zeros[2][0] < 1


def test_control_gives_control_cells_as_they_are(bundle, control_cells):
    cells = sample_cells(prediction(bundle, np.zeros(6), np.full(6, 9.0), "control"), control_cells)
    known = {row.tobytes() for row in control_cells.astype(np.float32)}
    assert all(row.tobytes() in known for row in cells)


def test_a_shift_of_zero_with_the_controls_spread_changes_no_value(bundle, control_cells):
    unmoved = prediction(bundle, np.zeros(6), control_cells.std(axis=0))
    cells = sample_cells(unmoved, control_cells, seed=4)
    as_control = sample_cells(replace(unmoved, treatment=Treatment()), control_cells, seed=4)
    np.testing.assert_allclose(cells, as_control, rtol=1e-5)


def test_genes_that_vary_together_keep_doing_so(bundle, control_cells):
    rng = np.random.default_rng(0)
    control_cells[:, 5] = control_cells[:, 4] + rng.normal(0, 0.05, size=len(control_cells))
    cells = sample_cells(
        prediction(bundle, np.full(6, 0.4), np.full(6, np.nan)), np.maximum(control_cells, 0), cells=MANY
    )
    assert np.corrcoef(cells[:, 4], cells[:, 5])[0, 1] > 0.9


def test_the_seed_decides_the_cells(bundle, control_cells):
    asked = prediction(bundle, np.full(6, 0.1), np.full(6, np.nan))
    first, again = (sample_cells(asked, control_cells, seed=1) for _ in range(2))
    assert (first == again).all()
    assert (first != sample_cells(asked, control_cells, seed=2)).any()
    assert (first == sample_cells(asked, sparse.csr_matrix(control_cells), seed=1)).all()


def test_as_many_cells_as_wanted_and_as_control_by_default(bundle, control_cells):
    asked = prediction(bundle, np.full(6, 0.1), np.full(6, np.nan))
    assert sample_cells(asked, control_cells).shape == control_cells.shape
    assert sample_cells(asked, control_cells, cells=7).shape == (7, 6)


def test_values_of_either_sign_are_shifted_and_stretched(bundle):
    control = np.random.default_rng(0).normal(-1.0, 2.0, size=(300, 6))
    control[:, 2] = 0.0
    asked = replace(prediction(bundle, np.full(6, 1.5), np.full(6, 0.5)), readout=Readout.LOG2)
    cells = sample_cells(asked, control, cells=MANY)
    np.testing.assert_allclose(cells.mean(axis=0), control.mean(axis=0) + 1.5, atol=0.02)
    np.testing.assert_allclose(cells.std(axis=0), 0.5, rtol=0.05)


def test_a_gene_lowered_to_nothing_is_zero_in_every_cell(bundle, control_cells):
    delta = -control_cells.mean(axis=0)
    cells = sample_cells(prediction(bundle, delta, np.full(6, 0.2)), control_cells)
    assert (cells == 0).all()


@pytest.mark.parametrize(
    ("readout", "cells", "said"),
    [
        (Readout.Z, np.ones((5, 6)), "no single cell has"),
        (Readout.LOG1P, np.ones((1, 6)), "at least 2 control cells"),
        (Readout.LOG1P, -np.ones((5, 6)), "cannot have"),
        (Readout.LOG1P, np.full((5, 6), np.nan), "cannot have"),
    ],
)
def test_what_cannot_be_drawn_is_refused_in_words(bundle, readout, cells, said):
    asked = replace(prediction(bundle, np.zeros(6), np.ones(6)), readout=readout)
    with pytest.raises(InputError, match=said):
        sample_cells(asked, cells)


def test_pseudobulk_is_the_predicted_mean_of_each(bundle):
    made = predict(bundle, ["k562", "A172"], [Treatment.parse("KLF1:crispra")])
    assert (pseudobulk(made) == np.array([p.predicted for p in made])).all()
