"""Predicted cells hold no value that no cell has, whatever spread a model states."""

from __future__ import annotations

import numpy as np
import pytest

from xpert.data.readout import Readout
from xpert.prediction.cells import MovedMean, draw_cells
from xpert.prediction.marginal import ExpressedPart


def test_more_cells_express_a_gene_where_its_values_would_be_too_high():
    part = ExpressedPart(0.01, np.array([10.0, 20.0])).below(5.0)
    assert part.values.max() == pytest.approx(5)
    assert part.share == pytest.approx(0.04)
    assert part.mean == pytest.approx(0.15)


def test_where_every_cell_expresses_a_gene_its_mean_goes_before_the_range():
    part = ExpressedPart(0.9, np.array([6.0, 6.0])).below(3.0)
    assert part.share == 1
    assert part.values.max() == pytest.approx(5.4)
    assert ExpressedPart(0.5, np.array([1.0, 2.0])).below(3.0).share == 0.5


def test_a_silent_gene_with_a_large_spread_gets_values_as_other_rare_genes_have():
    rng = np.random.default_rng(0)
    control = np.where(rng.random((200, 30)) < 0.1, rng.uniform(0.5, 2.0, (200, 30)), 0.0)
    control[:, 0] = 0
    mean, spread = control.mean(axis=0), control.std(axis=0)
    mean[0], spread[0] = 0.02, 1.5
    drawn = draw_cells(control, MovedMean(mean, spread, Readout.LOG1P), cells=20_000, seed=0)
    assert drawn.max() <= control.max() + 1e-6
    assert drawn[:, 0].mean() == pytest.approx(0.02, abs=0.005)
