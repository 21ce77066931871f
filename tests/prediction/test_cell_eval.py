"""The pair of files that cell-eval scores, and the package's own numbers on it."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from xpert.data.open import open_dataset
from xpert.errors import InputError
from xpert.evaluation.cell_metrics import (
    Significance,
    direction_match,
    significant_overlap,
    significant_precision,
    significant_recall,
)
from xpert.model.metrics import discrimination, pearson
from xpert.perturbation import Treatment
from xpert.prediction.cell_eval import COLUMN, CONTROL_LABEL, cell_eval_pair, command

NORMAN = "norman_mcfaline/norman19_mcfaline23_devel.h5ad"
pytestmark = pytest.mark.data


@pytest.fixture(scope="module")
def norman(shared_data):
    return open_dataset(shared_data / NORMAN)


@pytest.fixture(scope="module")
def bundle():
    from xpert.model.bundle import load_bundle

    return load_bundle("perturbseq")


@pytest.fixture(scope="module")
def pair(bundle, norman):
    return cell_eval_pair(bundle, norman, context="K562", seed=1)


def centroids(data) -> pd.DataFrame:
    frame = pd.DataFrame(np.asarray(data.X, dtype=float), columns=data.var_names)
    return frame.groupby(data.obs[COLUMN].to_numpy().astype(str)).mean()


def test_both_files_hold_the_same_control_and_as_many_cells_of_each_treatment(pair, norman):
    assert pair.predicted.shape == pair.real.shape
    assert pair.predicted.obs[COLUMN].tolist() == pair.real.obs[COLUMN].tolist()
    is_control = (pair.real.obs[COLUMN] == CONTROL_LABEL).to_numpy()
    assert np.array_equal(pair.predicted.X[is_control], pair.real.X[is_control])
    assert is_control.sum() == len(norman.control_rows("k562"))
    assert not np.array_equal(pair.predicted.X[~is_control], pair.real.X[~is_control])
    assert pair.predicted.X.dtype == np.float32
    assert {"KLF1", "KLF1+MAP2K6"} <= set(pair.real.obs[COLUMN])


def test_predicted_cells_are_where_the_model_said(pair):
    means = centroids(pair.predicted)
    said = {"+".join(p.treatment.targets): p for p in pair.predictions}
    for label in ("KLF1", "BPGM+SAMD1"):
        expected = pd.Series(said[label].predicted, index=list(said[label].genes))[means.columns]
        assert np.corrcoef(means.loc[label], expected)[0, 1] > 0.97
    assert pair.predicted.X.max() < 15  # what cell-eval takes for ln(1 + x)
    assert set(pair.seen) == {str(p.treatment) for p in pair.predictions}


def test_treatments_can_be_chosen_and_what_the_file_lacks_is_said(bundle, norman):
    double = Treatment.parse("KLF1:crispra + MAP2K6:crispra")
    pair = cell_eval_pair(bundle, norman, treatments=[double, double], context="k562")
    assert pair.real.obs[COLUMN].unique().tolist() == [CONTROL_LABEL, "KLF1+MAP2K6"]
    with pytest.raises(InputError, match="to compare with"):
        cell_eval_pair(bundle, norman, treatments=[Treatment.parse("GATA1:crispra")], context="k562")
    with pytest.raises(InputError, match="--context"):
        cell_eval_pair(bundle, norman)


def test_the_command_writes_both_files_and_prints_what_scores_them(shared_data, tmp_path, capsys):
    from xpert.cli import main

    out = tmp_path / "with space"
    arguments = [
        "export",
        "cell-eval",
        "perturbseq",
        "--data",
        str(shared_data / NORMAN),
        "--context",
        "k562",
    ]
    assert main([*arguments, "--treat", "KLF1:crispra", "MAPK1:crispra", "--out", str(out)]) == 0
    printed = capsys.readouterr()
    assert printed.out.strip() == command(out / "predicted.h5ad", out / "real.h5ad", out / "scores")
    assert "how well it recalls" in printed.err
    assert {path.name for path in out.iterdir()} == {"predicted.h5ad", "real.h5ad"}


def test_cell_eval_scores_the_pair_and_agrees_with_our_metrics(pair, tmp_path):
    cell_eval = pytest.importorskip("cell_eval", reason="needs the cell-eval package: pip install cell-eval")
    evaluator = cell_eval.MetricsEvaluator(
        adata_pred=pair.predicted.copy(), adata_real=pair.real.copy(), control_pert=CONTROL_LABEL, pert_col=COLUMN,
        num_threads=1, outdir=str(tmp_path),
    )  # fmt: skip
    scores, _ = evaluator.compute(profile="full", skip_metrics=["clustering_agreement"], write_csv=False)
    scores = scores.to_pandas().set_index("perturbation")
    tested = {
        side: {str(name): rows for name, rows in pd.read_csv(tmp_path / f"{side}_de.csv").groupby("target")}
        for side in ("pred", "real")
    }
    ours = {}
    for name in scores.index:
        sides = [tested[side][name].set_index("feature") for side in ("pred", "real")]
        sides[0] = sides[0].loc[sides[1].index]
        guess, truth = (
            Significance(s["log2_fold_change"].to_numpy(float), s["fdr"].to_numpy(float)) for s in sides
        )
        ours[name] = {
            "precision_at_50": significant_precision(guess, truth, top=50),
            "de_sig_genes_recall": significant_recall(guess, truth),
            "de_direction_match": direction_match(guess, truth),
            "de_nsig_counts_real": truth.is_significant.sum(),
            "overlap_at_N": significant_overlap(guess, truth),
        }
    ours = pd.DataFrame(ours).T
    predicted, real = (centroids(side) for side in (pair.predicted, pair.real))
    shift, truth = (m.loc[scores.index] - m.loc[CONTROL_LABEL] for m in (predicted, real))
    ours["pearson_delta"] = pearson(shift.to_numpy(), truth.to_numpy())
    for column in ("de_sig_genes_recall", "de_direction_match", "de_nsig_counts_real", "pearson_delta"):
        assert ours[column].to_numpy(float) == pytest.approx(
            scores[column].to_numpy(float), abs=1e-5, nan_ok=True
        )
    # Genes without a change on either side have an infinite fold change there, and their order is arbitrary.
    assert np.abs(ours["overlap_at_N"] - scores["overlap_at_N"]).mean() < 0.1

    doubles = [
        name for name in scores.index if "+" in name
    ]  # whose label is no gene, so that none is left out
    distance = np.abs(shift.loc[doubles].to_numpy()[:, None] - truth.to_numpy()[None]).sum(axis=2)
    own = np.array([list(scores.index).index(name) for name in doubles])
    panel = len(scores)
    # The package divides the rank by the number of all candidates, its own observation among them.
    expected = 1 - (1 - discrimination(distance, own)) * (panel - 1) / panel
    assert scores.loc[doubles, "discrimination_score_l1"].to_numpy(float) == pytest.approx(expected, abs=1e-6)
