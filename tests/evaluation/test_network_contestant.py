"""The network as a contestant: it answers like any predictor, and says nothing of nothing."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from xpert.data.readout import Readout
from xpert.data.responses import Condition, Context, Responses
from xpert.errors import InputError
from xpert.evaluation.network import SETTINGS, NetworkOnTop
from xpert.model.baselines.mean_shift import MeanShift
from xpert.perturbation import Treatment

SYMBOLS = ("TP53", "MYC", "JUN", "FOS", "EGFR", "KRAS", "STAT1", "STAT3", "RELA", "BRAF", "PTEN", "RB1")


@pytest.fixture
def responses() -> Responses:
    genes = tuple(f"g{i}" for i in range(20))
    draw = np.random.default_rng(0)
    conditions = tuple(Condition("K562", Treatment.parse(f"{s}:ko")) for s in SYMBOLS)
    delta = draw.normal(size=(len(conditions), 20)).astype(np.float32)
    return Responses(
        readout=Readout.LOG1P,
        genes=genes,
        contexts=(Context("K562", genes, np.zeros(20), np.full(20, np.nan)),),
        conditions=conditions,
        delta=delta,
        spread=np.full_like(delta, np.nan),
        cells=np.full(len(conditions), 50),
    )


def test_it_must_be_fitted_first(responses):
    with pytest.raises(InputError, match="fitted"):
        NetworkOnTop(MeanShift()).predict(responses.conditions, responses.context)


def test_it_answers_every_gene_and_is_zero_for_control(responses):
    settings = SETTINGS.model_copy(update={"epochs": 2, "genes_per_step": 8})
    fitted = NetworkOnTop(MeanShift(), seed=1, settings=settings).fit(responses)
    asked = (*responses.conditions, Condition("K562", Treatment.parse("control")))
    shift = fitted.predict(asked, responses.context)
    assert shift.shape == (13, 20)
    assert np.isfinite(shift).all()
    assert np.abs(shift[:12]).sum() > 0
    assert not shift[12].any()


def test_a_compound_of_which_nothing_is_known_is_left_to_the_simple_model(responses):
    settings = SETTINGS.model_copy(update={"epochs": 1, "genes_per_step": 8})
    fitted = NetworkOnTop(MeanShift(), settings=settings).fit(responses)
    asked = (Condition("K562", Treatment.parse("no such compound:compound")),)
    simple = MeanShift().fit(responses).predict(asked, responses.context)
    np.testing.assert_array_equal(fitted.predict(asked, responses.context), simple)


@pytest.mark.parametrize(("readout", "weight"), [(Readout.Z, 1.0), (Readout.LOG1P, SETTINGS.shape_weight)])
def test_where_only_direction_is_scored_only_direction_is_learned(responses, readout, weight):
    settings = SETTINGS.model_copy(update={"epochs": 1, "genes_per_step": 8})
    fitted = NetworkOnTop(MeanShift(), settings=settings).fit(replace(responses, readout=readout))
    assert fitted.fitted.settings.shape_weight == weight
