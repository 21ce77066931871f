"""What was measured is recalled, less its noise."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from xpert.data.readout import Readout
from xpert.data.responses import Condition, Context, Responses
from xpert.model.baselines.recalled import Recalled, shares_of_signal
from xpert.perturbation import Treatment

GENES = tuple(f"g{i}" for i in range(400))


def measured(texts: list[str], delta: np.ndarray, spread: float, cells: int) -> Responses:
    context = Context("K562", GENES, np.ones(400), np.full(400, spread), 10 * cells)
    return Responses(
        readout=Readout.LOG1P,
        genes=GENES,
        contexts=(context,),
        conditions=tuple(Condition("K562", Treatment.parse(text)) for text in texts),
        delta=delta,
        spread=np.full(delta.shape, spread),
        cells=np.full(len(delta), cells),
    )


@pytest.fixture
def truth() -> np.ndarray:
    return np.random.default_rng(0).normal(size=400)


def test_a_measured_condition_is_recalled_and_no_other(truth):
    fitted = Recalled().fit(measured(["KLF1:crispra"], truth[None], spread=0.0, cells=50))
    texts = ("KLF1:crispra", "KLF1:crispra@0.5", "KLF1:ko", "GATA1:crispra", "KLF1:crispra@0")
    asked = [Condition("K562", Treatment.parse(text)) for text in texts]
    predicted = fitted.predict([*asked, Condition("A549", asked[0].treatment)], {})
    assert np.allclose(predicted[0], truth)
    assert not predicted[1:].any()


def test_pure_noise_is_shrunk_away(truth):
    # The noise of a mean of 50 treated and 500 control cells with a standard deviation of 5.
    noise = truth * np.sqrt(25 / 50 + 25 / 500)
    share = shares_of_signal(measured(["KLF1:crispra"], noise[None], spread=5.0, cells=50))
    assert share[0] < 0.15


def test_shrinking_lowers_the_error_on_a_second_measurement():
    draw = np.random.default_rng(1)
    shift = draw.normal(scale=0.2, size=(30, 400))
    names = [f"G{i}:ko" for i in range(30)]
    sd = np.sqrt(1 / 20 + 1 / 200)
    first, second = (shift + draw.normal(scale=sd, size=shift.shape) for _ in range(2))
    responses = measured(names, first, spread=1.0, cells=20)
    recalled = Recalled().fit(responses).predict(responses.conditions, {})
    assert np.linalg.norm(recalled - second) < np.linalg.norm(first - second)
    assert 0.3 < shares_of_signal(responses).mean() < 0.6


def test_without_cells_a_shift_is_kept_as_it_was_measured(truth):
    responses = measured(["KLF1:crispra"], truth[None], spread=1.0, cells=50)
    responses = replace(responses, spread=np.full((1, 400), np.nan))
    assert shares_of_signal(responses).tolist() == [1.0]


def test_a_gene_that_was_not_measured_is_left_at_zero(truth):
    delta = np.stack([truth, truth])
    delta[0, 3] = np.nan
    responses = measured(["KLF1:crispra", "MYC:ko"], delta, spread=0.1, cells=50)
    assert Recalled().fit(responses).predict(responses.conditions[:1], {})[0, 3] == 0
