"""`xpert predict` as other programs call it."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
from types import SimpleNamespace

import numpy as np
import pandas as pd
import pytest

from xpert.data.readout import Readout
from xpert.data.responses import Condition, Context
from xpert.data.synthetic import simulate
from xpert.model.baselines.kernels import PriorKnowledge
from xpert.model.novelty import Novelty
from xpert.model.predictor import Shift
from xpert.perturbation import Modality, Treatment

NORMAN = "norman_mcfaline/norman19_mcfaline23_devel.h5ad"
DOUBLE = "KLF1:crispra + MAP2K6:crispra"
COLUMNS = ["gene", "control", "predicted", "delta", "lower", "upper", "readout"]


@pytest.fixture(scope="module")
def simulated(tmp_path_factory):
    path = tmp_path_factory.mktemp("files") / "simulated.h5ad"
    simulate(cells=12)[0].write_h5ad(path)
    return path


@pytest.fixture(scope="module")
def features():
    from xpert.features.treatments import TreatmentFeatures

    return TreatmentFeatures.load()


def toy_bundle(features, readout):
    """A model that answers every CRISPRa with the same known shift."""
    genes = simulate(cells=2)[1].genes
    contexts = {
        name: Context(name, genes, np.ones(len(genes)), np.ones(len(genes)), 9) for name in ("K562", "A549")
    }

    def shift(conditions, contexts):
        sizes = np.array([len(c.treatment) for c in conditions], dtype=float)
        mean = np.outer(sizes, np.linspace(0, 0.5, len(genes)))
        error = np.full_like(mean, 0.1)
        return Shift(mean, np.full_like(mean, np.nan), error, 2 * error, ("additive",) * len(mean))

    measured = (Condition("K562", Treatment.parse("KLF1:crispra")),)
    delta = np.zeros((1, len(genes)))
    training = SimpleNamespace(conditions=measured, delta=delta, reliability=np.array([0.5]))
    novelty = Novelty.of(measured, PriorKnowledge(), {"identity": 1.0})
    columns = ["question", "context", "predictor", "metric", "value", "lower", "upper", "conditions"]
    return SimpleNamespace(
        factors=None,
        name="toy", organism="human", readout=readout, genes=genes, contexts=contexts, shift=shift, training=training,
        features=features, novelty=novelty, targets=("KLF1",), modalities=(Modality.CRISPRA,), baselines=("additive",),
        skill=pd.DataFrame([], columns=columns),
    )  # fmt: skip


@pytest.fixture
def xpert(capsys, monkeypatch, features):
    """Runs the command on a toy model and gives its exit code, standard output and standard error."""
    from xpert.cli import main

    monkeypatch.setattr("xpert.cli.COMMANDS", ("predict",))
    bundles = {"toy": Readout.LOG1P, "toy_z": Readout.Z}
    stub = SimpleNamespace(
        load_bundle=lambda name: toy_bundle(features, bundles[name]), list_bundles=lambda: ()
    )
    monkeypatch.setitem(sys.modules, "xpert.model.bundle", stub)

    def call(*arguments, model="toy"):
        code = main(["predict", model, *(str(argument) for argument in arguments)])
        return (code, *capsys.readouterr())

    return call


@pytest.fixture
def out(tmp_path):
    return tmp_path / "out.csv"


def test_the_table_has_the_columns_of_the_contract(xpert, simulated, out):
    code, printed, _ = xpert("--control", simulated, "--context", "k562", "--treat", DOUBLE, "--out", out)
    table = pd.read_csv(out)
    assert (code, printed) == (0, "")
    assert list(table)[:7] == COLUMNS
    assert len(table) == 60
    assert np.isfinite(table[COLUMNS[1:6]]).all(axis=None)


def test_several_treatments_stand_below_one_another(xpert, out):
    code, _, _ = xpert("--context", "a549", "--treat", "control", "--treat", DOUBLE, "--out", out)
    table = pd.read_csv(out)
    assert code == 0
    assert table.groupby("treatment", sort=False).size().to_dict() == {"control": 60, DOUBLE: 60}
    assert set(table["context"]) == {"A549"}
    assert (table.loc[table["treatment"] == "control", ["delta", "lower", "upper"]] == 0).all(axis=None)


def test_swapped_order_gives_the_same_file(xpert, simulated, tmp_path):
    for name, text in (("a", DOUBLE), ("b", "MAP2K6:crispra + KLF1:crispra")):
        xpert("--control", simulated, "--context", "K562", "--treat", text, "--out", tmp_path / f"{name}.csv")
    assert (tmp_path / "a.csv").read_bytes() == (tmp_path / "b.csv").read_bytes()


def test_evidence_goes_to_standard_output_as_json_and_is_all_that_does(xpert, out):
    code, printed, said = xpert("--context", "K562", "--treat", "KLF1:crispra", "--out", out, "--json")
    answer = json.loads(printed)
    assert (code, said) == (0, "")
    assert answer["predictions"][0]["evidence"]["question"] == "seen"
    assert answer["predictions"][0]["evidence"]["sentences"]


def test_without_json_the_sentences_go_to_standard_error(xpert, out):
    _, printed, said = xpert("--context", "K562", "--treat", "KLF1:crispra", "--out", out)
    assert printed == ""
    assert "was measured in K562" in said


def test_an_h5ad_holds_predicted_cells_drawn_by_the_seed(xpert, simulated, tmp_path):
    import anndata as ad

    drawn = []
    for name, seed in (("a", 1), ("b", 1), ("c", 2)):
        path = tmp_path / f"{name}.h5ad"
        code, _, said = xpert(
            "--control", simulated, "--context", "K562", "--treat", "KLF1:crispra", "--out", path, "--cells", 30, "--seed", seed
        )  # fmt: skip
        assert code == 0, said
        drawn.append(ad.read_h5ad(path))
    assert drawn[0].shape == (30, 60)
    assert drawn[0].uns["xpert"]["row"] == "predicted cell"
    assert (drawn[0].X == drawn[1].X).all()
    assert (drawn[0].X != drawn[2].X).any()


def test_without_control_cells_or_with_no_cells_wanted_an_h5ad_holds_means(xpert, simulated, tmp_path):
    import anndata as ad

    path = tmp_path / "m.h5ad"
    for source in (("--context", "K562"), ("--control", simulated, "--context", "K562", "--cells", 0)):
        code, _, _ = xpert(*source, "--treat", "KLF1:crispra", "--treat", DOUBLE, "--out", path)
        assert code == 0
        data = ad.read_h5ad(path)
        assert data.shape == (2, 60)
        assert data.uns["xpert"]["row"] == "predicted mean"


def test_a_file_of_control_cells_alone_needs_no_labels(xpert, tmp_path, out):
    cells = simulate(cells=12)[0]
    path = tmp_path / "controls.h5ad"
    cells = cells[(cells.obs["perturbation"] == "control") & (cells.obs["cell_line"] == "K562")].copy()
    cells.obs = cells.obs[[]]
    cells.write_h5ad(path)
    code, _, said = xpert("--control", path, "--context", "k562", "--treat", "KLF1:crispra", "--out", out)
    assert code == 0, said
    assert "every cell is taken as an unperturbed control" in said
    assert set(pd.read_csv(out)["context"]) == {"K562"}
    code, _, said = xpert(
        "--control", path, "--treat", "KLF1:crispra", "--out", out, "--all-cells-are-control"
    )
    assert code == 0, said
    assert "no treatment in all cells" in said


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["--treat", "KLF1:crispra"], "Say which cells"),
        (["--context", "hela", "--treat", "KLF1:crispra"], "no context 'hela'; it has: K562, A549"),
        (["--context", "K562", "--treat", "KLF1"], "Say how 'KLF1' is perturbed"),
        (["--context", "K562", "--treat", "KFL1:crispra"], "Did you mean.*KLF1"),
        (["--context", "K562", "--treat", "vorinostat@1uM"], "never seen a compound"),
        (["--context", "K562", "--treat", "KLF1:crispra", "--cells", 5], "h5ad"),
        (["--context", "K562", "--treat", "KLF1:crispra", "--layer", "raw"], "--layer is about a data file"),
        (["--context", "K562", "--treat", "KLF1:crispra", "--cells", -5], "from 0 upwards"),
        (["--control", "nowhere.h5ad", "--treat", "KLF1:crispra"], "does not exist"),
        (["--control", "FILE", "--treat", "KLF1:crispra"], "2 contexts; choose one with --context: .*K562"),
        (
            ["--control", "FILE", "--context", "hela", "--treat", "KLF1:crispra"],
            "control cells in a context 'hela'",
        ),
        (["--control", "FILE", "--context", "K562", "--treat", "KLF1:crispra", "--map", "x"], "KEY=COLUMN"),
    ],
)
def test_bad_input_exits_2_and_says_what_to_do(xpert, simulated, out, arguments, said):
    arguments = [simulated if a == "FILE" else a for a in arguments]
    code, printed, message = xpert(*arguments, "--out", out)
    assert (code, printed) == (2, "")

    assert re.search(said, message), message
    assert "Traceback" not in message
    assert not out.exists()


def test_a_model_of_differences_takes_no_file(xpert, simulated, out):
    code, _, said = xpert("--control", simulated, "--treat", "KLF1:crispra", "--out", out, model="toy_z")
    assert code == 2
    assert "takes no control cells" in said


def test_a_support_file_gives_control_and_corrects_the_answer(xpert, simulated, tmp_path):
    asked = ("--context", "K562", "--treat", DOUBLE)
    told = {}
    for name, source in (("plain", "--control"), ("corrected", "--support")):
        code, printed, said = xpert(source, simulated, *asked, "--out", tmp_path / f"{name}.csv", "--json")
        assert code == 0, said
        told[name] = json.loads(printed)["predictions"][0]["evidence"]
    plain, corrected = (pd.read_csv(tmp_path / f"{name}.csv") for name in ("plain", "corrected"))
    assert (plain["control"] == corrected["control"]).all()
    measured = measured_shift(simulated, DOUBLE)
    assert l2_to(corrected, measured) < 0.6 * l2_to(plain, measured)
    assert told["plain"]["support"] is None
    assert told["corrected"]["support"]["is_measured"]
    assert "vorinostat" in said  # never seen by this model, so skipped and named


def measured_shift(path, text):
    from xpert.data.open import open_dataset

    responses = open_dataset(path).responses(contexts=["K562"])
    row = responses.conditions.index(Condition("K562", Treatment.parse(text)))
    return dict(zip(responses.genes, responses.delta[row], strict=True))


def l2_to(table, measured):
    return float(np.linalg.norm(table["delta"] - table["gene"].map(measured)))


def test_the_same_support_from_python_gives_the_same_numbers(xpert, simulated, features, out):
    from xpert.data.open import open_dataset
    from xpert.prediction.controls import context_from_dataset
    from xpert.prediction.predict import predict

    code, *_ = xpert(
        "--control", simulated, "--support", simulated, "--context", "K562", "--treat", DOUBLE, "--out", out
    )
    assert code == 0
    bundle, dataset = toy_bundle(features, Readout.LOG1P), open_dataset(simulated)
    context = context_from_dataset(dataset, bundle, "K562")
    (prediction,) = predict(bundle, [context], [Treatment.parse(DOUBLE)], dataset)
    np.testing.assert_allclose(pd.read_csv(out)["delta"], prediction.delta, rtol=1e-5, atol=1e-7)


def test_a_support_without_measured_treatments_is_refused_with_what_it_holds(xpert, simulated, tmp_path, out):
    import anndata as ad

    cells = ad.read_h5ad(simulated)
    alone = tmp_path / "controls.h5ad"
    cells[(cells.obs["perturbation"] == "control") | (cells.obs["cell_line"] == "A549")].copy().write_h5ad(
        alone
    )
    code, _, said = xpert("--support", alone, "--context", "K562", "--treat", DOUBLE, "--out", out)
    assert code == 2
    assert "No treatment was measured in 'K562'" in said
    assert not out.exists()


def test_a_support_without_control_cells_is_refused(xpert, simulated, tmp_path, out):
    import anndata as ad

    cells = ad.read_h5ad(simulated)
    treated = tmp_path / "treated.h5ad"
    cells[cells.obs["perturbation"] != "control"].copy().write_h5ad(treated)
    code, _, said = xpert(
        "--control", simulated, "--support", treated, "--context", "K562", "--treat", DOUBLE, "--out", out
    )
    assert code == 2
    assert "control" in said


def test_the_file_that_is_read_is_never_written(xpert, simulated):
    before = simulated.read_bytes()
    code, _, said = xpert(
        "--control", simulated, "--context", "K562", "--treat", "KLF1:crispra", "--out", simulated
    )
    assert code == 2
    assert "is the file that is read" in said
    assert simulated.read_bytes() == before


def test_a_damaged_file_is_refused(xpert, tmp_path, out):
    path = tmp_path / "bad.h5ad"
    path.write_bytes(b"\x89HDF\r\n\x1a\n" + b"\0" * 100)
    code, _, said = xpert("--control", path, "--treat", "KLF1:crispra", "--out", out)
    assert code == 2
    assert "Traceback" not in said


@pytest.fixture(scope="module")
def norman(shared_data):
    return shared_data / NORMAN


@pytest.fixture
def real_xpert(capsys):
    """Runs the command on the models that come with the project."""
    from xpert.cli import main

    def call(*arguments):
        code = main(["predict", "perturbseq", *(str(argument) for argument in arguments)])
        return (code, *capsys.readouterr())

    return call


@pytest.mark.data
def test_a_training_double_agrees_with_what_was_measured_whatever_its_order(real_xpert, norman, tmp_path):
    from xpert.data.open import open_dataset

    tables = []
    for name, text in (("a", DOUBLE), ("b", "MAP2K6:crispra + KLF1:crispra")):
        path = tmp_path / f"{name}.csv"
        code, _, said = real_xpert("--control", norman, "--context", "K562", "--treat", text, "--out", path)
        assert code == 0, said
        tables.append(pd.read_csv(path))
    measured = open_dataset(norman).responses(contexts=["k562"])
    row = measured.conditions.index(Condition("k562", Treatment.parse(DOUBLE)))
    observed = pd.Series(measured.delta[row], index=measured.genes)[tables[0]["gene"]]

    assert tables[0].equals(tables[1])
    assert len(tables[0]) == 500
    assert np.isfinite(tables[0][COLUMNS[1:6]]).all(axis=None)
    assert np.corrcoef(tables[0]["delta"], observed)[0, 1] > 0.8


@pytest.mark.data
def test_control_of_a_real_file_gives_exactly_zero(real_xpert, norman, out):
    code, _, _ = real_xpert("--control", norman, "--context", "a172", "--treat", "control", "--out", out)
    table = pd.read_csv(out)
    assert code == 0
    assert (table[["delta", "lower", "upper"]] == 0).all(axis=None)
    assert (table["predicted"] == table["control"]).all()


@pytest.mark.data
def test_the_contexts_of_a_real_file_are_listed_where_none_is_named(real_xpert, norman, out):
    code, _, said = real_xpert("--control", norman, "--treat", DOUBLE, "--out", out)
    assert code == 2
    assert "4 contexts" in said
    assert all(name in said for name in ("k562", "A172", "T98G", "U87MG"))


def test_a_misspelt_gene_exits_2_and_names_the_nearest(real_xpert, out):
    code, _, said = real_xpert("--context", "k562", "--treat", "KLFF1:crispra", "--out", out)
    assert code == 2
    assert "KLF1" in said.split("Did you mean")[1]


@pytest.mark.parametrize("text", ["TP53:ko", "vorinostat@1uM"])
def test_what_a_model_has_never_seen_is_refused(real_xpert, out, text):
    code, _, said = real_xpert("--context", "k562", "--treat", text, "--out", out)
    assert code == 2
    assert "has never seen" in said


@pytest.mark.slow
def test_numbers_are_the_same_in_every_process(tmp_path):
    written = []
    for seed in ("1", "2"):
        path = tmp_path / f"{seed}.csv"
        command = [
            sys.executable,
            "-m",
            "xpert",
            "predict",
            "perturbseq",
            "--context",
            "k562",
            "--out",
            str(path),
        ]
        command += ["--treat", "KLF1:crispra + MAP2K6:crispra + STAT1:crispra@0.4"]
        subprocess.run(command, check=True, env=os.environ | {"PYTHONHASHSEED": seed})
        written.append(path.read_bytes())
    assert written[0] == written[1]
