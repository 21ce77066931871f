"""Neighbours and map places of measured and new treatments."""

from types import SimpleNamespace

import numpy as np
import pandas as pd
import pytest

from xpert.errors import InputError
from xpert.perturbation import CONTROL, Treatment
from xpert.perturbverse.embed import embed
from xpert.perturbverse.neighbours import neighbours
from xpert.perturbverse.project import place, project

LATENT = {
    "KLF1:crispra": [1.0, 0.0, 0.0],
    "GATA1:crispra": [0.9, 0.1, 0.0],
    "JAK2:ko": [0.0, 1.0, 0.0],
    "STAT1:ko": [0.0, 0.8, 0.6],
    "IRF1:ko": [-1.0, 0.0, 0.1],
}


@pytest.fixture
def bundle():
    rows = [(t, c) for t in LATENT for c in ("K562", "A172")][:-1]
    points = pd.DataFrame(rows, columns=["treatment", "context"]).assign(
        modality="m", mechanism="", target="t"
    )
    points["x"], points["y"] = np.arange(9.0), -np.arange(9.0)
    return SimpleNamespace(
        perturbverse=points,
        latents=np.array([LATENT[t] for t, _ in rows]),
        latent=lambda treatments: np.array([LATENT[str(t)] for t in treatments]),
        features=SimpleNamespace(check=lambda treatment, known: None),
        targets=(),
    )


def test_the_nearest_comes_first_and_each_treatment_once(bundle):
    table = neighbours(bundle, Treatment.parse("KLF1:crispra"), k=3)
    assert list(table) == ["treatment", "context", "modality", "mechanism", "distance"]
    assert table["treatment"].tolist() == ["GATA1:crispra", "JAK2:ko", "STAT1:ko"]
    assert table["distance"].is_monotonic_increasing
    assert (bundle.perturbverse["treatment"][table.index] == table["treatment"]).all()


def test_the_treatment_itself_is_no_neighbour_of_its_own(bundle):
    assert "JAK2:ko" not in neighbours(bundle, Treatment.parse("JAK2:ko"), k=9)["treatment"].tolist()


def test_a_treatment_of_the_map_is_put_where_it_stands(bundle):
    x, y = project(bundle, [Treatment.parse("JAK2:ko")])[0]
    assert (x, y) == (4.5, -4.5)


def test_a_new_point_falls_between_its_neighbours():
    rng = np.random.default_rng(0)
    angle = np.sort(rng.uniform(0, 2 * np.pi, 400))
    fitted = np.stack([np.cos(angle), np.sin(angle)], axis=1)
    put = place(np.array([[0.0, 2.0]]), fitted, np.stack([angle, angle * 0 + 3], axis=1))
    np.testing.assert_allclose(put, [[np.pi / 2, 3.0]], atol=0.05)


@pytest.mark.slow
def test_places_follow_umaps_own_transform_closely():
    umap = pytest.importorskip("umap")
    rng = np.random.default_rng(0)
    centres = rng.normal(size=(12, 16)) * 4
    points = (centres[rng.integers(12, size=600)] + rng.normal(size=(600, 16))).astype(np.float32)
    model = umap.UMAP(metric="cosine", random_state=0, n_epochs=100).fit(points[:500])
    ours, theirs = place(points[500:], points[:500], model.embedding_), model.transform(points[500:])
    width = model.embedding_.std()
    assert np.median(np.linalg.norm(ours - theirs, axis=1)) < 0.1 * width


@pytest.mark.parametrize("treatment", [CONTROL, Treatment.parse("KLF1:crispra@0")])
def test_control_has_no_place(bundle, treatment):
    with pytest.raises(InputError, match="does nothing"):
        embed(bundle, [treatment])
