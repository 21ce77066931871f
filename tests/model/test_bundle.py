"""A bundle keeps the invariants of the design, survives the disk, and refuses what is damaged."""

from __future__ import annotations

import json
import subprocess
import sys
from dataclasses import replace

import numpy as np
import pandas as pd
import pytest
import torch

from xpert.data.readout import Readout
from xpert.data.responses import Condition, Context, Responses
from xpert.errors import InputError, UnknownTargetError
from xpert.features.treatments import IMPACT_CHANNELS, MODALITIES, TreatmentFeatures
from xpert.model.baselines.kernels import PriorKnowledge
from xpert.model.baselines.registry import base_predictor, baselines
from xpert.model.bundle import (
    NETWORK,
    POINT_COLUMNS,
    SKILL_COLUMNS,
    Bundle,
    Measured,
    list_bundles,
    load_bundle,
    save_bundle,
)
from xpert.model.calibration import Asked, Calibration
from xpert.model.choices import Choices
from xpert.model.config import ModelConfig
from xpert.model.encode import Vocabulary
from xpert.model.network import XPert
from xpert.model.novelty import Novelty
from xpert.model.question import Question
from xpert.model.signatures import Signatures
from xpert.model.space import Space
from xpert.model.trained import TrainedNetwork
from xpert.perturbation import CONTROL, Treatment

GENES = ("KLF1", "GATA1", "HBG1", "STAT1", "IRF1", "JAK2", "CDKN1A", "MYC")
TREATMENTS = (
    "KLF1:crispra",
    "GATA1:crispra",
    "STAT1:crispra",
    "KLF1:crispra + GATA1:crispra",
    "vorinostat@1uM",
    "ruxolitinib@500nM",
)


def responses() -> Responses:
    draw = np.random.default_rng(0)
    contexts = tuple(
        Context(name, GENES, draw.random(8) + 0.5, draw.random(8) + 0.2, 100) for name in ("K562", "A549")
    )
    conditions = tuple(Condition(c.name, Treatment.parse(text)) for c in contexts for text in TREATMENTS)
    shape = (len(conditions), len(GENES))
    return Responses(
        readout=Readout.LOG1P,
        genes=GENES,
        contexts=contexts,
        conditions=conditions,
        delta=draw.normal(size=shape).astype(np.float32),
        spread=draw.random(shape).astype(np.float32) + 0.1,
        cells=np.full(len(conditions), 60),
    )


def lively_network(data: Responses, features: TreatmentFeatures) -> TrainedNetwork:
    vocabulary = Vocabulary.of(data, features)
    torch.manual_seed(0)
    network = XPert(
        ModelConfig(
            genes=len(GENES),
            gene_width=features.gene_width,
            compound_width=features.compound_width,
            prior_width=4,
            impact_channels=len(IMPACT_CHANNELS),
            modalities=tuple(m.value for m in MODALITIES),
            width=16,
        )
    )
    with torch.no_grad():
        network.gate.fill_(0.7)
        network.decoder.read[-1].weight.normal_()
    return TrainedNetwork(network.eval().requires_grad_(requires_grad=False), vocabulary, share=0.6)


@pytest.fixture(scope="session")
def bundle() -> Bundle:
    """Every part of it counts: the network answers new combinations, baselines the rest."""
    data, features = responses(), TreatmentFeatures.load()
    base = base_predictor(data.readout).fit(data)
    network = lively_network(data, features)
    treatments = tuple(dict.fromkeys(c.treatment for c in data.conditions))
    novelty = Novelty.of(data.conditions, PriorKnowledge(), {"identity": 1.0, "gene_prior": 0.5})
    space = Space.fit(novelty.cosine(treatments), Signatures.of(data.conditions, data.delta).values)
    questions = tuple([Question.NO_SINGLE_SEEN, Question.UNSEEN_GENE] * 6)
    asked = Asked(
        questions, tuple(c.context for c in data.conditions), data.delta * 0.5, np.linspace(0, 1, 12)
    )
    points = pd.DataFrame(
        [
            (str(t), "K562", "K562; A549", 2, "crispra", "x", "", float(i), 0.0, 0.5)
            for i, t in enumerate(treatments)
        ],
        columns=list(POINT_COLUMNS),
    )
    skill = pd.DataFrame(
        [("unseen_gene", "", base.name, "l2", 1.0, 0.9, 1.1, 6)], columns=list(SKILL_COLUMNS)
    )
    chosen = Choices(
        dict.fromkeys(Question, base.name)
        | {
            Question.UNSEEN_GENE: NETWORK,
            Question.NO_SINGLE_SEEN: NETWORK,
            Question.UNSEEN_COMPOUND: "no change",
        },
        {(Question.SEEN, "A549"): "no change"},
    )
    return Bundle(
        name="tiny",
        readout=data.readout,
        organism="human",
        genes=GENES,
        contexts=data.context,
        training=Measured(data.conditions, data.cells, data.delta, np.full(len(data), 0.5)),
        skill=skill,
        chosen=chosen,
        baselines=tuple(p.name for p in baselines(data.readout)),
        predictors={
            p.name: p.fit(data)
            for p in baselines(data.readout)
            if p.name in {base.name, "no change", "mean shift"}
        },
        base=base.name,
        start="mean shift",
        network=network,
        learned_spread=True,
        calibration=Calibration.fit(asked, data.delta),
        novelty=novelty,
        perturbverse=points,
        latents=space.latents,
        scales=space.scales.astype(np.float32),
        features=features,
        card="# tiny\n\nA model for tests.\n",
        recipe='name = "tiny"\n',
    )


@pytest.fixture
def folder(bundle, tmp_path, monkeypatch):
    monkeypatch.setenv("XPERT_MODELS", str(tmp_path))
    save_bundle(bundle, tmp_path / "tiny")
    return tmp_path / "tiny"


def ask(bundle: Bundle, *texts: str, context: str = "K562"):
    return bundle.shift([Condition(context, Treatment.parse(text)) for text in texts], bundle.contexts)


def test_each_kind_of_question_is_answered_by_its_own_predictor(bundle):
    shift = ask(bundle, "KLF1:crispra", "JAK2:crispra", "trametinib@1uM", "JAK2:crispra + MYC:crispra")
    assert shift.predictor == (bundle.base, NETWORK, "no change", NETWORK)
    assert shift.mean.shape == shift.spread.shape == shift.error.shape == (4, 8)
    assert np.isfinite(shift.error).all()
    assert (shift.spread > 0).all()
    assert (shift.error > 0).all()


def test_the_mean_alone_is_that_of_the_whole_answer(bundle):
    texts = ("KLF1:crispra", "JAK2:crispra", "trametinib@1uM", "JAK2:crispra + MYC:crispra", "vorinostat@0uM")
    asked = [Condition("K562", Treatment.parse(text)) for text in texts]
    mean = bundle.mean_shift(asked, bundle.contexts)
    assert np.array_equal(mean, bundle.shift(asked, bundle.contexts).mean)
    assert not mean[-1].any()
    assert mean[0].any()
    assert bundle.mean_shift([], bundle.contexts).shape == (0, 8)


def test_control_and_zero_strength_are_exactly_nothing(bundle):
    conditions = [Condition("K562", CONTROL)]
    conditions += [Condition("K562", Treatment.parse(t)) for t in ("JAK2:crispra@0", "vorinostat@0uM")]
    shift = bundle.shift(conditions, bundle.contexts)
    assert not shift.mean.any()
    assert not shift.error.any()
    assert np.allclose(shift.spread, bundle.contexts["K562"].spread)


def test_order_of_perturbations_does_not_matter(bundle):
    one, other = ask(bundle, "JAK2:crispra + MYC:crispra", "MYC:crispra + JAK2:crispra").mean
    assert np.array_equal(one, other)


def test_a_prediction_does_not_depend_on_its_neighbours(bundle):
    alone = ask(bundle, "JAK2:crispra + MYC:crispra").mean[0]
    among = ask(bundle, "KLF1:crispra", "JAK2:crispra + MYC:crispra", "vorinostat@1uM").mean[1]
    assert np.allclose(alone, among, atol=1e-6)


def test_genes_meet_by_name(bundle):
    order = np.array([3, 1, 7, 0, 2, 6, 5, 4])
    own = bundle.contexts["K562"]
    shuffled = replace(
        own, genes=tuple(GENES[i] for i in order), control=own.control[order], spread=own.spread[order]
    )
    condition = [Condition("K562", Treatment.parse("JAK2:crispra"))]
    straight = bundle.shift(condition, {"K562": own})
    assert np.array_equal(straight.mean, bundle.shift(condition, {"K562": shuffled}).mean)


def test_the_network_answers_on_some_of_its_genes_by_name(bundle):
    some = ("MYC", "KLF1")
    context = {"K562": bundle.contexts["K562"].aligned(some)}
    condition = [Condition("K562", Treatment.parse("JAK2:crispra"))]
    answer = bundle.network.answer(condition, context, np.zeros((1, 2), dtype=np.float32))
    assert answer.shift.shape == (1, 2)
    assert np.isfinite(answer.shift).all()
    with pytest.raises(InputError, match="NOSUCHGENE"):
        bundle.network.places(["MYC", "NOSUCHGENE"])


def test_the_network_is_weighed_with_the_strongest_simple_model(bundle):
    asked = [Condition("K562", Treatment.parse("JAK2:crispra"))]
    start, base = (
        bundle.predictors[name].predict(asked, bundle.contexts).astype(np.float32)
        for name in (bundle.start, bundle.base)
    )
    own = bundle.network.answer(asked, bundle.contexts, start).shift
    assert np.allclose(bundle.shift(asked, bundle.contexts).mean, base + 0.6 * (own - base), atol=1e-6)


def test_a_context_that_was_never_measured_is_welcome(bundle):
    new = replace(bundle.contexts["K562"], name="my cells", control=bundle.contexts["K562"].control + 0.3)
    shift = bundle.shift([Condition("my cells", Treatment.parse("JAK2:crispra"))], {"my cells": new})
    assert np.isfinite(shift.mean).all()


def test_an_unknown_target_names_the_nearest(bundle):
    with pytest.raises(UnknownTargetError, match="KLF1"):
        ask(bundle, "KLFF1:crispra")


def test_nothing_asked_is_nothing_answered(bundle):
    assert bundle.shift([], bundle.contexts).mean.shape == (0, 8)


def test_targets_and_modalities_are_those_of_the_training_data(bundle):
    assert bundle.targets == ("GATA1", "KLF1", "STAT1", "ruxolitinib", "vorinostat")
    assert [m.value for m in bundle.modalities] == ["crispra", "compound"]


def test_a_bundle_survives_the_disk(bundle, folder):
    again = load_bundle("tiny")
    texts = ("KLF1:crispra", "JAK2:crispra", "trametinib@1uM", "JAK2:crispra + vorinostat@1uM", "control")
    before, after = ask(bundle, *texts), ask(again, *texts)
    for part in ("mean", "spread", "error"):
        assert np.allclose(getattr(before, part), getattr(after, part), atol=1e-5), part
    assert before.predictor == after.predictor
    assert np.array_equal(bundle.latents, again.latents)
    assert bundle.training.conditions == again.training.conditions
    assert bundle.chosen == again.chosen
    assert bundle.recipe == again.recipe
    pd.testing.assert_frame_equal(bundle.perturbverse, again.perturbverse, check_dtype=False)
    pd.testing.assert_frame_equal(bundle.skill, again.skill, check_dtype=False)


def test_a_loaded_bundle_saves_to_the_same_answers(folder, tmp_path):
    first = load_bundle(folder)
    save_bundle(first, tmp_path / "copy")
    second = load_bundle(tmp_path / "copy")
    assert np.array_equal(ask(first, "JAK2:crispra").mean, ask(second, "JAK2:crispra").mean)


def test_a_bundle_holds_no_pickle(folder):
    assert {file.name for file in folder.iterdir()} == {
        "weights.safetensors", "config.json", "vocabulary.json", "arrays.npz", "perturbverse.parquet",
        "skill.csv", "card.md", "recipe.toml",
    }  # fmt: skip
    with np.load(folder / "arrays.npz", allow_pickle=False) as arrays:
        assert all(arrays[name].dtype != object for name in arrays.files)


def test_listing_reads_neither_weights_nor_torch(folder):
    (folder / "weights.safetensors").unlink()
    [info] = [info for info in list_bundles() if info.name == "tiny"]
    assert (info.genes, info.targets, info.contexts) == (8, 5, ("K562", "A549"))
    assert info.card.startswith("# tiny")
    code = "import sys; from xpert.model.bundle import list_bundles; list_bundles(); assert 'torch' not in sys.modules"
    subprocess.run([sys.executable, "-c", code], check=True)


def test_loading_needs_neither_the_compiler_of_torch_nor_rdkit(bundle, tmp_path):
    save_bundle(bundle, tmp_path / "b")
    code = (
        "import sys; from xpert.model.bundle import load_bundle; load_bundle(sys.argv[1]); "
        "assert not {'torch._dynamo', 'sympy', 'rdkit'} & sys.modules.keys()"
    )
    subprocess.run([sys.executable, "-c", code, str(tmp_path / "b")], check=True)


def test_an_unknown_name_lists_what_there_is(folder):
    with pytest.raises(InputError, match="tiny"):
        load_bundle("tinny")


def change_json(path, **changes):
    path.write_text(json.dumps(json.loads(path.read_text()) | changes))


def spoil_weights(folder, change):
    from safetensors.torch import load_file, save_file

    weights = load_file(folder / "weights.safetensors")
    change(weights)
    save_file(weights, folder / "weights.safetensors")


def spoil_arrays(folder, **changes):
    with np.load(folder / "arrays.npz") as stored:
        arrays = {name: stored[name] for name in stored.files}
    np.savez_compressed(folder / "arrays.npz", **(arrays | changes))


DAMAGE = {
    "weights that are no number": (
        lambda f: spoil_weights(f, lambda w: w["gate"].fill_(float("nan"))),
        "not finite",
    ),
    "a weight of another size": (
        lambda f: spoil_weights(f, lambda w: w.update({"signature.weight": torch.zeros(3, 3)})),
        "signature.weight",
    ),
    "a weight too few": (lambda f: spoil_weights(f, lambda w: w.pop("gate")), "gate"),
    "weights that are none": (lambda f: (f / "weights.safetensors").write_bytes(b"x" * 99), "cannot be read"),
    "another version": (lambda f: change_json(f / "config.json", format=99), "99"),
    "a network of no size": (lambda f: change_json(f / "config.json", network={"genes": 0}), "configuration"),
    "a config that is a list": (lambda f: (f / "config.json").write_text("[]"), "no JSON object"),
    "a vocabulary cut short": (lambda f: (f / "vocabulary.json").write_text('{"genes": ['), "no JSON"),
    "a gene too few": (lambda f: change_json(f / "vocabulary.json", genes=list(GENES[:-1])), "damaged"),
    "a treatment that cannot be read": (
        lambda f: change_json(f / "vocabulary.json", conditions=[["K562", "a@@b"]]),
        "a@@b",
    ),
    "shifts of another size": (lambda f: spoil_arrays(f, delta=np.zeros((2, 2))), "delta"),
    "latents that are no number": (lambda f: spoil_arrays(f, latents=np.full((6, 6), np.nan)), "latent"),
    "arrays that are none": (lambda f: (f / "arrays.npz").write_bytes(b"PK"), "cannot be read"),
    "no arrays": (lambda f: (f / "arrays.npz").unlink(), "cannot be read"),
    "no skill": (lambda f: (f / "skill.csv").unlink(), "cannot be read"),
    "a map that is none": (lambda f: (f / "perturbverse.parquet").write_bytes(b"x"), "cannot be read"),
}


@pytest.mark.parametrize("case", DAMAGE)
def test_a_damaged_bundle_is_refused_in_words(folder, case):
    damage, message = DAMAGE[case]
    damage(folder)
    with pytest.raises(InputError, match=message):
        load_bundle("tiny")


def test_pickled_arrays_are_refused(folder):
    np.savez(folder / "arrays.npz", delta=np.array([{"a": 1}], dtype=object))
    with pytest.raises(InputError, match="cannot be read"):
        load_bundle("tiny")


def test_one_broken_bundle_does_not_hide_the_others(bundle, folder, tmp_path):
    from xpert.model.bundle_list import survey

    save_bundle(bundle, tmp_path / "other")
    (folder / "config.json").write_text("{}")
    infos, broken = survey()
    assert "tiny" in {info.name for info in infos}  # the other one bears the same name
    assert any(str(folder) in problem for problem in broken)


def test_a_bundle_that_is_too_large_is_not_written(bundle, tmp_path, monkeypatch):
    monkeypatch.setattr("xpert.model.bundle_files.LARGEST_BUNDLE", 1000)
    with pytest.raises(InputError, match="at most"):
        save_bundle(bundle, tmp_path / "large")
    assert not list(tmp_path.iterdir())
