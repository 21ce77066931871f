"""A run that is killed goes on to the weights of a run that was not."""

from __future__ import annotations

import subprocess
import sys
import time
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import pytest
import torch

from xpert.data.readout import Readout
from xpert.data.responses import Condition, Context, Responses
from xpert.errors import InputError
from xpert.features.treatments import TreatmentFeatures
from xpert.model.encode import Vocabulary
from xpert.model.network import XPert
from xpert.perturbation import Treatment
from xpert.training.fit import FINISHED, Run, fit_network
from xpert.training.network_predictor import network_config
from xpert.training.recipe import NetworkSection, TrainingSection
from xpert.training.rows import HeldOut, TrainingRows

if TYPE_CHECKING:
    from xpert.model.config import ModelConfig

GENES = ("TP53", "MYC", "KLF1", "GATA1", "STAT1", "IRF1", "JAK2", "CDKN1A")
TARGETS = (
    "KLF1",
    "GATA1",
    "STAT1",
    "IRF1",
    "JAK2",
    "MYC",
    "TP53",
    "CDKN1A",
    "SPI1",
    "CEBPA",
    "FOXO4",
    "SGK1",
)
EPOCHS = 40


def small_rows() -> tuple[ModelConfig, TrainingRows]:
    draw = np.random.default_rng(0)
    conditions = tuple(Condition("K562", Treatment.parse(f"{target}:crispra")) for target in TARGETS)
    shape = (len(conditions), len(GENES))
    responses = Responses(
        readout=Readout.LOG1P,
        genes=GENES,
        contexts=(Context("K562", GENES, draw.random(8), draw.random(8) + 0.1, 100),),
        conditions=conditions,
        delta=draw.normal(size=shape).astype(np.float32),
        spread=draw.random(shape).astype(np.float32) + 0.1,
        cells=np.full(len(conditions), 50),
    )
    nothing = np.zeros(shape, np.float32)
    vocabulary = Vocabulary.of(responses, TreatmentFeatures.load())
    config = network_config(vocabulary, NetworkSection(width=16, dropout=0.2))
    return config, TrainingRows.of(responses, HeldOut(nothing, nothing), vocabulary, config.signature_rank)


def fit(folder: Path) -> dict[str, torch.Tensor]:
    torch.set_num_threads(1)
    config, rows = small_rows()
    torch.manual_seed(5)
    settings = TrainingSection(epochs=EPOCHS, patience=EPOCHS, batch_size=4, held_out=0.2, genes_per_step=6)
    held_out = torch.arange(len(rows)) % 4 == 0
    return fit_network(XPert(config), rows, held_out, settings, Run(folder)).state_dict()


def test_a_killed_run_goes_on_to_the_same_weights(tmp_path):
    straight = fit(tmp_path / "straight")
    killed = tmp_path / "killed"
    child = subprocess.Popen([sys.executable, __file__, str(killed)], stderr=subprocess.DEVNULL)
    deadline = time.monotonic() + 120
    while not (killed / "last.ckpt").exists() and time.monotonic() < deadline:
        time.sleep(0.005)
    child.kill()
    child.wait()
    assert (killed / "last.ckpt").exists()
    assert not (killed / FINISHED).exists()
    passes = torch.load(killed / "last.ckpt", weights_only=True)["epoch"] + 1
    assert 1 <= passes < EPOCHS
    resumed = fit(killed)
    assert all(torch.equal(straight[name], resumed[name]) for name in straight)


def test_a_finished_run_is_read_not_repeated(tmp_path):
    first = fit(tmp_path)
    written = (tmp_path / FINISHED).stat().st_mtime_ns
    again = fit(tmp_path)
    assert (tmp_path / FINISHED).stat().st_mtime_ns == written
    assert all(torch.equal(first[name], again[name]) for name in first)


def test_training_changes_the_network_and_is_logged(tmp_path):
    import pandas as pd

    after = fit(tmp_path)
    assert after["gate"] != 0
    log = pd.read_csv(next(tmp_path.glob("csv/*/metrics.csv")))
    assert {"held_out_total", "train_total", "gate"} <= set(log.columns)
    assert any(tmp_path.glob("tensorboard/*/events*"))


def test_checkpoints_hold_plain_types_only(tmp_path):
    fit(tmp_path)
    assert "state_dict" in torch.load(tmp_path / "best.ckpt", weights_only=True)


def test_a_broken_checkpoint_is_an_error_not_a_fresh_start(tmp_path):
    tmp_path.joinpath("last.ckpt").write_bytes(b"not a checkpoint")
    with pytest.raises(InputError, match="no checkpoint"):
        fit(tmp_path)


if __name__ == "__main__":
    fit(Path(sys.argv[1]))
