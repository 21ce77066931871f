"""The spread moves with the mean along the context's own trend."""

from __future__ import annotations

import numpy as np
import pytest

from xpert.data.responses import Context
from xpert.model.spread import LARGEST_RATIO, expected_spread

GENES = tuple(f"g{i}" for i in range(200))


@pytest.fixture
def context() -> Context:
    mean = np.linspace(0, 4, 200)
    spread = 0.2 + 0.3 * mean
    spread[0] = 0.0  # a gene that no control cell shows
    mean[0] = 0.0
    return Context("K562", GENES, mean, spread, 100)


def test_no_shift_gives_exactly_the_control_spread(context):
    assert np.array_equal(expected_spread(context, np.zeros((1, 200)))[0], context.spread.astype(np.float32))


def test_a_raised_gene_spreads_more_and_a_lowered_one_less(context):
    up, down = (expected_spread(context, np.full((1, 200), s))[0][50:150] for s in (0.5, -0.5))
    own = context.spread[50:150]
    assert (up > own).all()
    assert (down < own).all()


def test_the_trend_is_followed(context):
    moved = expected_spread(context, np.full((1, 200), 0.5))[0][60:140]
    truth = 0.2 + 0.3 * (context.control[60:140] + 0.5)
    assert np.allclose(moved, truth, rtol=0.1)


def test_the_spread_changes_by_a_bounded_factor(context):
    ratio = expected_spread(context, np.full((1, 200), 50.0))[0][1:] / context.spread[1:]
    assert ratio.max() <= LARGEST_RATIO + 1e-6


def test_a_silent_gene_that_is_turned_on_gets_a_spread(context):
    assert expected_spread(context, np.full((1, 200), 1.0))[0, 0] > 0
    assert expected_spread(context, np.full((1, 200), -1.0))[0, 0] == 0


def test_an_unknown_spread_stays_unknown(context):
    unknown = Context("K562", GENES, context.control, np.full(200, np.nan), 0)
    assert np.isnan(expected_spread(unknown, np.ones((2, 200)))).all()


@pytest.mark.data
def test_the_trend_is_closer_to_treated_cells_than_the_control_spread(shared_data):
    from xpert.data.collections import load_responses

    responses = load_responses("norman_mcfaline", shared_data)
    for name, context in responses.context.items():
        rows = [i for i, c in enumerate(responses.conditions) if c.context == name]
        measured, moved = responses.spread[rows], expected_spread(context, responses.delta[rows])
        known = (measured > 0) & (moved > 0) & (context.spread > 0)
        still = np.broadcast_to(context.spread, measured.shape)

        def error(guess, known=known, measured=measured):
            return np.sqrt(np.mean(np.log(guess[known] / measured[known]) ** 2))

        assert error(moved) < 0.6 * error(still), name
