"""Every bundle that ships answers for everything that it has measured."""

from __future__ import annotations

import numpy as np
import pytest

from xpert.model.bundle import list_bundles, load_bundle
from xpert.prediction.predict import predict


@pytest.mark.parametrize("name", [info.name for info in list_bundles()])
def test_every_measured_treatment_of_a_context_is_answered(name):
    bundle = load_bundle(name)
    context = bundle.training.conditions[0].context
    treatments = [c.treatment for c in bundle.training.conditions if c.context == context][:150]
    predictions = predict(bundle, [context], treatments)
    assert len(predictions) == len(treatments)
    assert all(np.isfinite(p.delta).all() for p in predictions)
    assert all(p.evidence.treatment_seen for p in predictions)
