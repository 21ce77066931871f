"""The responses that colour the map are the model's own."""

from __future__ import annotations

import numpy as np
import pytest

import xpert
from xpert.data.responses import Condition
from xpert.response.point_shifts import point_shifts


@pytest.fixture(scope="module")
def bundle():
    return xpert.load_bundle("perturbseq")


def test_each_row_is_the_mean_over_the_contexts_where_it_was_measured(bundle):
    found = point_shifts(bundle)
    assert found.shape == (len(bundle.perturbverse), len(bundle.genes))
    for row in (0, len(found) - 1):
        name = bundle.perturbverse["treatment"][row]
        own = [c for c in bundle.training.conditions if str(c.treatment.active) == name]
        expected = bundle.mean_shift(own, bundle.contexts).mean(axis=0)
        np.testing.assert_allclose(found[row], expected, rtol=1e-4, atol=1e-5)


def test_one_context_gives_the_answer_there(bundle):
    name = bundle.perturbverse["treatment"][3]
    expected = bundle.mean_shift([Condition("A172", xpert.Treatment.parse(name))], bundle.contexts)[0]
    np.testing.assert_allclose(point_shifts(bundle, "A172")[3], expected, rtol=1e-4, atol=1e-5)
