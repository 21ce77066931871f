"""Component-wise kernel ridge: what it predicts, what it leaves alone, and that it can be stored."""

from __future__ import annotations

import numpy as np
import pytest

from xpert.data.readout import Readout
from xpert.data.responses import Condition, Context, Responses
from xpert.model.baselines.component_ridge import ComponentRidge, ComponentSettings
from xpert.model.baselines.kernels import KERNEL_SOURCES
from xpert.model.baselines.registry import restore
from xpert.perturbation import Treatment


class Ring:
    """Treatments on a ring: near ones are alike. The targets' names are their places."""

    name = "ring"

    def parts(self, a, b):
        left, right = (
            np.array([float(next(iter(t.targets)).removeprefix("G")) if t.targets else np.nan for t in side])
            for side in (a, b)
        )
        apart = np.abs(left[:, None] - right[None]) % 40
        alike = np.exp(-((np.minimum(apart, 40 - apart) / 3) ** 2))
        return {"ring": np.nan_to_num(alike)}


@pytest.fixture(autouse=True)
def _ring(monkeypatch):
    monkeypatch.setitem(KERNEL_SOURCES, "ring", Ring())


SETTINGS = ComponentSettings(({"ring": 1.0},), (0.1, 1.0, 10.0), rank=20)


def world(seed: int = 0) -> Responses:
    """One direction follows the ring, another is noise of the same size."""
    draw = np.random.default_rng(seed)
    places = np.arange(40)
    genes = tuple(f"gene{i}" for i in range(30))
    smooth, rough = np.linalg.qr(draw.normal(size=(30, 2)))[0].T
    delta = 3 * np.outer(np.sin(2 * np.pi * places / 40), smooth) + 3 * np.outer(draw.normal(size=40), rough)
    delta += 0.1 * draw.normal(size=delta.shape)
    context = Context("cells", genes, np.zeros(30), np.full(30, np.nan))
    return Responses(
        Readout.LOG1P,
        genes,
        (context,),
        tuple(Condition("cells", Treatment.parse(f"G{i}:crispra")) for i in places),
        delta.astype(np.float32),
        np.full(delta.shape, np.nan, np.float32),
        np.full(40, 100),
    )


def split(responses: Responses) -> tuple[Responses, Responses]:
    asked = np.arange(0, 40, 5)
    return responses.take(np.setdiff1d(np.arange(40), asked)), responses.take(asked)


def test_what_follows_the_similarities_is_predicted_and_what_does_not_is_left_at_the_mean():
    responses = world()
    training, asked = split(responses)
    predicted = ComponentRidge(SETTINGS, Ring()).fit(training).predict(asked.conditions, responses.context)
    smooth, rough = np.linalg.qr(np.random.default_rng(0).normal(size=(30, 2)))[0].T
    follows = np.corrcoef(predicted @ smooth, asked.delta @ smooth)[0, 1]
    assert follows > 0.97
    noise = (predicted - training.delta.mean(axis=0)) @ rough
    assert np.abs(noise).max() < 0.3 * np.abs(asked.delta @ rough).max()


def test_control_is_exactly_no_shift():
    training, _ = split(world())
    fitted = ComponentRidge(SETTINGS, Ring()).fit(training)
    control = [Condition("cells", Treatment(frozenset()))]
    assert not fitted.predict(control, training.context).any()


def test_a_stored_fit_answers_as_before():
    responses = world()
    training, asked = split(responses)
    settings = ComponentSettings(({"ring": 1.0},), (1.0, 10.0), rank=5, unit_norm=True)
    fitted = ComponentRidge(settings, Ring()).fit(training)
    again = restore(fitted.config(), fitted.arrays())
    expected = fitted.predict(asked.conditions, responses.context)
    assert np.array_equal(again.predict(asked.conditions, responses.context), expected)


def test_left_out_errors_are_those_of_refitting():
    from xpert.model.baselines.component_ridge import _Spectrum

    draw = np.random.default_rng(1)
    root = draw.normal(size=(12, 12))
    kernel, noise = root @ root.T, draw.uniform(0.5, 2, 12)
    scores, groups = draw.normal(size=(12, 3)), np.array([0, 0, 1, 2, 2, 2, 3, 4, 5, 5, 6, 7])
    spectrum = _Spectrum.of(kernel, noise)
    missed = spectrum.left_out(*spectrum.solved(scores, 0.7), groups)
    for group in np.unique(groups):
        out, rest = np.flatnonzero(groups == group), np.flatnonzero(groups != group)
        inner = kernel[np.ix_(rest, rest)] + 0.7 * np.diag(noise[rest])
        refitted = kernel[np.ix_(out, rest)] @ np.linalg.solve(inner, scores[rest])
        assert np.allclose(scores[out] - refitted, missed[out])


def test_a_gap_is_no_zero():
    responses = world()
    training, asked = split(responses)
    holed = np.array(training.delta)
    holed[np.random.default_rng(2).random(holed.shape) < 0.05] = np.nan
    from dataclasses import replace

    whole = ComponentRidge(SETTINGS, Ring()).fit(training).predict(asked.conditions, responses.context)
    partial = ComponentRidge(SETTINGS, Ring()).fit(replace(training, delta=holed))
    got = partial.predict(asked.conditions, responses.context)
    assert np.corrcoef(got.ravel(), whole.ravel())[0, 1] > 0.98
