"""Nearest points are the nearest, by either way."""

import subprocess
import sys

import numpy as np
import pytest

from xpert.perturbverse.search import index_pays, nearest, nearest_by_index, nearest_exact


def blobs(points, width=32, seed=0, spread=2.0):
    centres = np.random.default_rng(9).normal(size=(40, width)) * spread
    rng = np.random.default_rng(seed)
    return (centres[rng.integers(40, size=points)] + rng.normal(size=(points, width))).astype(np.float32)


def brute(points, queries, k):
    from scipy.spatial.distance import cdist

    distance = cdist(queries, points, "cosine")
    return np.argsort(distance, axis=1, kind="stable")[:, :k], distance


def recall(found, truth):
    return np.mean([len(set(a) & set(b)) / len(b) for a, b in zip(found, truth, strict=True)])


def test_exact_search_is_brute_force_whatever_the_block(monkeypatch):
    points, queries = blobs(3_000), blobs(50, seed=1)
    truth, distance = brute(points, queries, 15)
    for block in (2**23, 10_000):
        monkeypatch.setattr("xpert.perturbverse.search._BLOCK", block)
        found = nearest_exact(points, queries, 15)
        assert recall(found.place, truth) > 0.999
        np.testing.assert_allclose(found.distance, np.sort(distance, axis=1)[:, :15], atol=1e-5)


@pytest.mark.slow
def test_the_index_finds_nearly_all_of_the_nearest():
    points, queries = blobs(3_000, spread=1.0), blobs(50, seed=1, spread=1.0)
    truth, distance = brute(points, queries, 15)
    found = nearest_by_index(points, queries, 15)
    assert recall(found.place, truth) > 0.95
    own = np.take_along_axis(distance, found.place.astype(int), axis=1)
    np.testing.assert_allclose(found.distance, own, atol=1e-3)
    again = nearest_by_index(points, queries, 15)
    assert (found.place == again.place).all()


def test_up_to_a_hundred_thousand_points_every_distance_is_computed():
    assert not index_pays(100_000, 100_000, 64)
    assert not index_pays(1_000_000, 1, 64)
    assert index_pays(1_000_000, 1_000_000, 64)


def test_equal_points_come_in_their_order():
    points = np.tile(np.array([[1.0, 0.0]]), (9, 1))
    points[4] = [0.0, 1.0]
    assert nearest(points, points[:1], 5).place.tolist() == [[0, 1, 2, 3, 5]]


def test_fewer_points_than_asked_for_are_all_given():
    assert nearest(np.eye(3), np.eye(3)[:1], 10).place.shape == (1, 3)


def test_the_scale_of_a_point_does_not_matter():
    points = blobs(100)
    scaled = points * np.random.default_rng(0).uniform(0.1, 10, size=(100, 1))
    assert (nearest(points, points, 5).place == nearest(scaled, points, 5).place).all()


@pytest.mark.parametrize("queries", [0, 1])
def test_exact_search_loads_no_index(queries):
    code = (
        "import sys, numpy as np\nfrom xpert.perturbverse.search import nearest\n"
        f"nearest(np.eye(5), np.eye(5)[:{queries}], 2)\nassert 'pynndescent' not in sys.modules"
    )
    subprocess.run([sys.executable, "-c", code], check=True)
