from __future__ import annotations

import numpy as np
import pytest
from scipy.sparse import csr_matrix

from xpert.data.readout import Readout
from xpert.data.responses import Condition, Context, Responses
from xpert.perturbation import Treatment
from xpert.training.halves import half_responses, half_shifts, split_half_pearson


def cells(effect: np.ndarray, count: int, generator: np.random.Generator) -> np.ndarray:
    return effect + generator.normal(size=(count, len(effect)))


@pytest.fixture(scope="module")
def screen():
    """Control, a strong perturbation, one without effect, and one of a single cell."""
    generator = np.random.default_rng(0)
    nothing, strong = np.zeros(80), 2 * generator.normal(size=80)
    blocks = [cells(e, n, generator) for e, n in ((nothing, 60), (strong, 40), (nothing, 40), (strong, 1))]
    rows = np.split(np.arange(141), np.cumsum([60, 40, 40]))
    return np.vstack(blocks), [(part, "K562") for part in rows[1:]], {"K562": rows[0]}


def test_an_effect_replicates_and_noise_does_not(screen):
    reliability = split_half_pearson(*screen)
    assert reliability[0] > 0.95
    assert abs(reliability[1]) < 0.3
    assert np.isnan(reliability[2])


def test_sparse_and_dense_cells_give_the_same(screen):
    expression, *rest = screen
    np.testing.assert_allclose(split_half_pearson(csr_matrix(expression), *rest), split_half_pearson(*screen))


def test_halves_are_disjoint_and_together_make_the_whole(screen):
    expression, conditions, controls = screen
    first, second = half_shifts(expression, conditions, controls, np.random.default_rng(0))
    whole = expression[conditions[0][0]].mean(axis=0) - expression[controls["K562"]].mean(axis=0)
    np.testing.assert_allclose((first[0] + second[0]) / 2, whole)
    assert not np.allclose(first[0], second[0])


def test_halves_of_responses_keep_the_conditions_that_have_cells(screen):
    expression, conditions, controls = screen
    genes = tuple(f"g{i}" for i in range(80))
    nowhere = np.full(80, np.nan)
    responses = Responses(
        readout=Readout.LOG1P,
        genes=genes,
        contexts=(Context("K562", genes, np.zeros(80), nowhere, cells=60),),
        conditions=tuple(Condition("K562", Treatment.parse(f"{g}:ko")) for g in "ABC"),
        delta=np.zeros((3, 80)),
        spread=np.full((3, 80), np.nan),
        cells=np.array([40, 40, 1]),
    )
    first, second = half_responses(responses, expression, conditions, controls)
    assert first.conditions == second.conditions == responses.conditions[:2]
    assert first.cells.tolist() == [20, 20]
    assert not np.array_equal(first.delta, second.delta)


@pytest.mark.data
def test_the_glioma_lines_of_the_real_screen_do_not_replicate_and_doubles_in_k562_do(shared_data):
    import anndata

    data = anndata.read_h5ad(shared_data / "norman_mcfaline" / "norman19_mcfaline23_devel.h5ad")
    line, label = data.obs["cell_type"].astype(str), data.obs["condition"].astype(str)
    controls = {name: np.flatnonzero((line == name) & (label == "control")) for name in sorted(set(line))}
    named = sorted({pair for pair in zip(line, label, strict=True) if pair[1] != "control"})
    conditions = [(np.flatnonzero((line == c) & (label == t)), c) for c, t in named]
    reliability = split_half_pearson(data.X, conditions, controls)
    is_k562 = np.array([c == "k562" for c, _ in named])
    is_double = np.array(["+" in t for _, t in named])
    assert reliability[~is_k562].mean() == pytest.approx(0.03, abs=0.03)
    assert reliability[is_k562 & is_double].mean() == pytest.approx(0.863, abs=0.03)
