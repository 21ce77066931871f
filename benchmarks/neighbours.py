"""Time the search for nearest treatments: every distance, scikit-learn's, and an index; and what the index misses.

    python benchmarks/neighbours.py [--points 10000 100000] [--queries 1000] [--width 64] [--no-index]

All ways run in one process, turn by turn. The index compiles at first use, which is shown apart.
"""

from __future__ import annotations

import argparse
import time

import numpy as np

NEIGHBOURS = 15


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--points", type=int, nargs="+", default=[10_000, 100_000])
    parser.add_argument("--queries", type=int, default=1_000)
    parser.add_argument("--width", type=int, default=64)
    parser.add_argument("--no-index", action="store_true")
    args = parser.parse_args()
    from xpert.perturbverse.search import index_pays

    for points in args.points:
        fitted, asked = blobs(points, args.width, seed=1), blobs(args.queries, args.width, seed=2)
        choice = "the index" if index_pays(points, args.queries, args.width) else "every distance"
        print(
            f"{points:,} points × {args.width}, {args.queries:,} queries, k = {NEIGHBOURS}: X-Pert takes {choice}"
        )
        show(fitted, asked, with_index=not args.no_index)


def blobs(count: int, width: int, *, seed: int) -> np.ndarray:
    centres = np.random.default_rng(0).normal(size=(50, width)) * 2
    rng = np.random.default_rng(seed)
    return (centres[rng.integers(50, size=count)] + rng.normal(size=(count, width))).astype(np.float32)


def show(fitted: np.ndarray, asked: np.ndarray, *, with_index: bool) -> None:
    from xpert.perturbverse.search import nearest_by_index, nearest_exact

    ways = {"every distance": nearest_exact, "scikit-learn": sklearn_brute}
    if with_index:
        first, _ = timed(nearest_by_index, fitted[:200], asked[:5])
        print(f"  index, first use (compiles)  {first:8.2f} s")
        ways["index"] = nearest_by_index
    seconds: dict[str, list[float]] = {name: [] for name in ways}
    for _ in range(3):
        found = {}
        for name, search in ways.items():
            took, found[name] = timed(search, fitted, asked)
            seconds[name].append(took)
    truth = found["every distance"].place
    for name in ways:
        same = (
            np.mean([len(set(a) & set(b)) for a, b in zip(found[name].place, truth, strict=True)])
            / NEIGHBOURS
        )
        ratio = min(seconds[name]) / min(seconds["scikit-learn"])
        print(f"  {name:28s} {min(seconds[name]):8.3f} s   {ratio:6.2f} × scikit-learn   recall {same:.3f}")


def timed(search, fitted: np.ndarray, asked: np.ndarray):
    started = time.perf_counter()
    found = search(fitted, asked, NEIGHBOURS)
    return time.perf_counter() - started, found


def sklearn_brute(fitted: np.ndarray, asked: np.ndarray, k: int):
    from sklearn.neighbors import NearestNeighbors

    from xpert.perturbverse.search import Nearest

    distance, place = (
        NearestNeighbors(n_neighbors=k, algorithm="brute", metric="cosine").fit(fitted).kneighbors(asked)
    )
    return Nearest(place, distance)


if __name__ == "__main__":
    main()
