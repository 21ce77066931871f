from __future__ import annotations

import numpy as np
import pytest

from xpert.errors import InputError
from xpert.evaluation.reference.drugs import Drug
from xpert.evaluation.splits import Fold, Folds
from xpert.evaluation.task import Role
from xpert.evaluation.tasks.mechanism_retrieval import AVERAGE_PRECISION, Study
from xpert.evaluation.tasks.moa_retrieval_l1000 import TASK as L1000
from xpert.evaluation.tasks.moa_retrieval_neurips import TASK as NEURIPS
from xpert.evaluation.tasks.moa_retrieval_tahoe import TASK as TAHOE

# Printed by the reference on seed 0.
KNOWN = {
    NEURIPS: {"Morgan Tanimoto": 0.5126, "signature cosine": 0.3961, "Morgan and signature": 0.5270},
    TAHOE: {"Morgan Tanimoto": 0.9088, "signature cosine": 0.6198, "Morgan and signature": 0.8000},
    L1000: {"Morgan Tanimoto": 0.3141, "signature cosine": 0.1083, "Morgan and signature": 0.3115},
}


def drug(name: str, mechanism: str, *, smiles: str | None = "CC", parent: str = "") -> Drug:
    return Drug(name, smiles, frozenset(filter(None, [mechanism])), frozenset(), parent or name)


def test_a_study_keeps_one_drug_a_parent_and_mechanisms_that_three_share():
    drugs = (
        drug("a", "m"), drug("a salt", "m", parent="a"), drug("b", "m"), drug("c", "m"), drug("d", "m", smiles=None),
        drug("e", "n"), drug("f", "n"), drug("g", ""),
    )  # fmt: skip
    study = Study.of(drugs, np.arange(16.0).reshape(1, 8, 2))
    assert study.names == ("a", "b", "c")
    assert study.responses[0, :, 0].tolist() == [0, 4, 6]
    assert study.relevant.all()


def precision(contest, model: str) -> np.ndarray:
    outcome = contest.run(model)
    return outcome.loc[outcome["metric"] == AVERAGE_PRECISION.name, "value"].to_numpy()


@pytest.mark.data
@pytest.mark.parametrize("task", [NEURIPS, TAHOE, L1000], ids=lambda task: task.name)
def test_reference_likenesses_score_what_the_reference_printed(task, shared_data):
    folds = Folds.read(shared_data.parent / "benchmarks" / "splits", task.name)
    contest = task.prepare(shared_data, folds)
    for model, printed in KNOWN[task].items():
        assert precision(contest, model).mean() == pytest.approx(printed, abs=1e-4)


@pytest.mark.data
def test_the_latent_space_beats_structure_and_response_and_shuffled_drugs_do_not(shared_data):
    contest = L1000.prepare(shared_data, L1000.deal(shared_data, 3))
    assert list(contest.contestants.values()).count(Role.SHIPPED) == 1
    shipped, structure, response = (
        precision(contest, name) for name in ("latent space", "Morgan Tanimoto", "signature cosine")
    )
    for gain in (shipped - structure, shipped - response):
        assert gain.mean() > 3 * gain.std() / len(gain) ** 0.5
    assert precision(contest, "latent space, drugs placed by structure").mean() > structure.mean()
    assert precision(contest, "shuffled drugs").mean() < 0.04


@pytest.mark.data
def test_folds_about_other_drugs_are_refused(shared_data):
    with pytest.raises(InputError, match="other drugs"):
        NEURIPS.prepare(shared_data, Folds(NEURIPS.name, 0, (Fold((), ("water",)),)))
