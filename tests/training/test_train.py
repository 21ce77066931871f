"""From a data file to a bundle that answers."""

from __future__ import annotations

import numpy as np
import pytest
import torch

from xpert.data.readout import Readout
from xpert.data.responses import Condition, Context, Responses
from xpert.data.synthetic import simulate
from xpert.errors import InputError
from xpert.features.treatments import TreatmentFeatures
from xpert.model.baselines.additive import Additive
from xpert.model.baselines.mean_shift import MeanShift
from xpert.model.bundle import NETWORK, load_bundle
from xpert.model.question import Question, hits
from xpert.perturbation import CONTROL, Treatment
from xpert.training.fold import folds_of, out_of_fold
from xpert.training.judged import Judged
from xpert.training.network_predictor import NetworkPredictor
from xpert.training.recipe import NetworkSection, Recipe, TrainingSection
from xpert.training.rows import signatures
from xpert.training.train import train

RECIPE = """
name = "simulated"
[data]
file = "cells.h5ad"
minimum_cells = 5
[network]
width = 16
depth = 1
[training]
epochs = 2
held_out = 0.3
base_folds = 2
[skill]
folds = 2
network = false
[[card.sources]]
name = "simulated cells"
licence = "none needed"
"""


@pytest.fixture(scope="module")
def made(tmp_path_factory):
    folder = tmp_path_factory.mktemp("train")
    adata, truth = simulate(cells=30, readout=Readout.LOG1P)
    adata.write_h5ad(folder / "cells.h5ad")
    recipe = Recipe.of(RECIPE, folder=folder)
    bundle = train(recipe, RECIPE, folder / "models" / "simulated", work=folder / "runs")
    return bundle, truth, folder


def test_the_bundle_is_written_and_read_back(made):
    bundle, _, folder = made
    again = load_bundle(folder / "models" / "simulated")
    assert again.recipe == RECIPE
    assert again.genes == bundle.genes
    assert len(again.perturbverse) == len({c.treatment for c in again.training.conditions})
    assert np.isfinite(again.perturbverse[["x", "y"]].to_numpy()).all()


def test_a_measured_condition_is_predicted_as_it_was_measured(made):
    bundle, truth, _ = made
    measured = bundle.training
    shift = bundle.shift(measured.conditions, bundle.contexts)
    agreement = [np.corrcoef(p, o)[0, 1] for p, o in zip(shift.mean, measured.delta, strict=True)]
    assert np.median(agreement) > 0.8
    assert set(bundle.genes) == set(truth.genes)


def test_every_baseline_stands_in_the_skill_table_and_on_the_card(made):
    bundle, _, _ = made
    assert set(bundle.baselines) <= set(bundle.skill["predictor"])
    assert all(f"| {name} |" in bundle.card for name in bundle.baselines)
    assert "simulated cells. Licence: none needed." in bundle.card
    assert "not scored on held-out conditions" in bundle.card


def test_a_network_that_was_not_scored_answers_nothing(made):
    bundle, _, _ = made
    assert NETWORK not in bundle.chosen.names


def test_two_halves_of_the_cells_say_how_reliable_a_condition_is(made):
    bundle, truth, _ = made
    strong = [np.linalg.norm(truth.shift(c)) for c in bundle.training.conditions]
    reliability = bundle.training.reliability
    assert np.isfinite(reliability).all()
    assert np.corrcoef(strong, reliability)[0, 1] > 0.3


def test_the_spread_of_a_prediction_is_near_that_of_the_cells(made):
    bundle, _, folder = made
    import anndata

    adata = anndata.read_h5ad(folder / "cells.h5ad")
    condition = Condition("K562", Treatment.parse("KLF1:crispra"))
    cells = adata[(adata.obs["cell_line"] == "K562") & (adata.obs["perturbation"] == "KLF1")]
    spread = bundle.shift([condition], bundle.contexts).spread[0]
    measured = np.asarray(cells[:, list(bundle.genes)].X).std(axis=0, ddof=1)
    assert 0.7 < np.median(spread / measured) < 1.4


def test_too_few_treatments_are_refused(tmp_path):
    adata, _ = simulate(cells=10, readout=Readout.LOG1P)
    few = adata[adata.obs["perturbation"].isin(["control", "KLF1", "CEBPE"])].copy()
    few.write_h5ad(tmp_path / "cells.h5ad")
    recipe = Recipe.of(RECIPE, folder=tmp_path)
    with pytest.raises(InputError, match="at least 5"):
        train(recipe, RECIPE, tmp_path / "out", work=tmp_path / "runs")


def screen(seed: int = 0) -> Responses:
    draw = np.random.default_rng(seed)
    genes = ("KLF1", "GATA1", "STAT1", "MYC", "HBG1")
    names = ("KLF1", "GATA1", "STAT1", "IRF1", "JAK2", "MYC", "TP53", "SPI1", "CEBPA", "SGK1")
    contexts = tuple(Context(c, genes, draw.random(5), draw.random(5) + 0.1, 50) for c in ("K562", "A549"))
    conditions = tuple(Condition(c.name, Treatment.parse(f"{n}:ko")) for c in contexts for n in names)
    delta = draw.normal(size=(20, 5)).astype(np.float32)
    return Responses(Readout.LOG1P, genes, contexts, conditions, delta, np.abs(delta) + 0.1, np.full(20, 30))


def test_a_perturbation_stays_whole_in_its_fold():
    responses = screen()
    fold = folds_of(responses.conditions, 3, seed=1)
    assert set(fold) == {0, 1, 2}
    for condition, own in zip(responses.conditions, fold, strict=True):
        same = [
            f
            for c, f in zip(responses.conditions, fold, strict=True)
            if hits(c.treatment) == hits(condition.treatment)
        ]
        assert set(same) == {own}


def test_out_of_fold_predictions_do_not_know_their_row():
    responses = screen()
    before = out_of_fold(Additive(), responses, 5, seed=0)
    changed = responses.delta.copy()
    changed[3] += 100
    after = out_of_fold(Additive(), Responses(**(vars_of(responses) | {"delta": changed})), 5, seed=0)
    assert np.array_equal(before[3], after[3])


def vars_of(responses: Responses) -> dict:
    names = ("readout", "genes", "contexts", "conditions", "delta", "spread", "cells")
    return {name: getattr(responses, name) for name in names}


def test_signatures_are_directions():
    delta = screen().delta
    rows = signatures(delta, 3)
    assert rows.shape == (20, 3)
    assert np.allclose(np.linalg.norm(rows, axis=1), 1)
    assert np.allclose(rows, signatures(delta * 7, 3))


def network(folder, **changes) -> NetworkPredictor:
    settings = TrainingSection(**({"epochs": 3, "held_out": 0.3, "base_folds": 2} | changes))
    return NetworkPredictor(
        Additive(), MeanShift(), TreatmentFeatures.load(), NetworkSection(width=16, depth=1), settings, folder
    )


def test_the_network_is_a_predictor_like_any_other(tmp_path):
    responses = screen()
    fitted = network(tmp_path).fit(responses)
    asked = [*responses.conditions[:3], Condition("K562", CONTROL)]
    predicted = fitted.predict(asked, responses.context)
    assert predicted.shape == (4, 5)
    assert not predicted[3].any()
    assert fitted.spread_error is not None


def test_the_same_seed_gives_the_same_network(tmp_path):
    responses = screen()
    one, other = (network(tmp_path / name).fit(responses) for name in ("a", "b"))
    asked = responses.conditions
    assert np.array_equal(one.predict(asked, responses.context), other.predict(asked, responses.context))


def test_other_data_or_settings_are_another_fit(tmp_path):
    network(tmp_path).fit(screen(0))
    network(tmp_path).fit(screen(0))
    assert len(list(tmp_path.iterdir())) == 1
    network(tmp_path).fit(screen(1))
    network(tmp_path, epochs=2).fit(screen(0))
    assert len(list(tmp_path.iterdir())) == 3


def judged(own: list[list[float]], base: list[list[float]]) -> Judged:
    observed = torch.tensor([[1.0, 2.0, -1.0, 0.0], [0.5, 0.0, 1.0, float("nan")]])
    nothing = torch.full_like(observed, float("nan"))
    return Judged(torch.tensor(own), torch.tensor(base), observed, nothing, nothing, 1.0)


def test_the_network_counts_as_much_as_held_out_conditions_say():
    truth, wrong = (
        [[1.0, 2.0, -1.0, 0.0], [0.5, 0.0, 1.0, 9.0]],
        [[-3.0, 1.0, 2.0, 1.0], [2.0, -1.0, 0.0, 9.0]],
    )
    assert judged(truth, wrong).best_share(0.5) == 1.0
    assert judged(wrong, truth).best_share(0.5) == 0.0
    halfway = [[5.0, 3.0, -4.0, -1.0], [-1.0, 1.0, 2.0, 0.0]]
    assert judged(halfway, wrong).best_share(0.0) == 0.5
    assert judged(truth, truth).best_share(0.5) == 0.0
    assert judged(truth, wrong).spread_error() is None


@pytest.mark.slow
def test_several_processes_train_one_network(tmp_path):
    from dataclasses import replace

    several = replace(network(tmp_path), devices=2)
    fitted = several.fit(screen())
    assert np.isfinite(fitted.predict(screen().conditions, screen().context)).all()


@pytest.mark.slow
def test_a_scored_network_answers_where_it_is_best(tmp_path):
    adata, _ = simulate(cells=20, readout=Readout.LOG1P)
    adata.write_h5ad(tmp_path / "cells.h5ad")
    text = RECIPE.replace("network = false", "network = true")
    bundle = train(Recipe.of(text, folder=tmp_path), text, tmp_path / "out", work=tmp_path / "runs")
    table = bundle.skill[bundle.skill["metric"] == "l2"].set_index(["question", "context", "predictor"])[
        "value"
    ]
    for (question, context), name in bundle.chosen.in_context.items():
        if name == NETWORK:
            assert table[question.value, context, NETWORK] == table[question.value, context].min()
    assert set(bundle.chosen.everywhere) == set(Question)
    assert NETWORK in set(bundle.skill["predictor"])
