"""Activity of gene sets: the numbers are decoupler's, nothing is fetched, and what rests on one gene is told."""

from __future__ import annotations

import subprocess
import sys

import numpy as np
import pandas as pd
import pytest

from xpert.errors import InputError
from xpert.features.knowledge import GeneKnowledge
from xpert.response.activity import COLUMNS, KINDS, REGULATORS, activity, rests_on_one, without_one
from xpert.response.gene_sets import gene_sets


@pytest.fixture
def genes() -> list[str]:
    """Every gene of ten Hallmark sets."""
    some = list(gene_sets("HALLMARK").values())[:10]
    return sorted({gene for those in some for gene in those})


@pytest.fixture
def table(genes) -> pd.DataFrame:
    """A profile in which one set is up among noise."""
    shift = np.random.default_rng(3).normal(scale=0.2, size=len(genes))
    raised = set(gene_sets("HALLMARK")["HALLMARK_APOPTOSIS"])
    shift += [1.0 if gene in raised else 0.0 for gene in genes]
    return pd.DataFrame({"gene": genes, "delta": shift})


def test_a_set_that_was_raised_comes_first_and_up(table):
    found = activity(table)
    assert tuple(found.columns) == COLUMNS
    first = found.iloc[0]
    assert first["set"] == "HALLMARK_APOPTOSIS"
    assert first["score"] > 20
    assert first["agreeing"] > 0.95 * first["genes"]
    assert first["mean_shift"] == pytest.approx(1.0, abs=0.1)
    assert not rests_on_one(found)[0]


def test_the_scores_are_those_of_decoupler(table):
    import decoupler

    found = activity(table).set_index("set")
    kept = {name: those for name, those in gene_sets("HALLMARK").items() if name in found.index}
    net = pd.DataFrame([(name, gene, 1.0) for name, those in kept.items() for gene in those])
    net.columns = ["source", "target", "weight"]
    wide = pd.DataFrame([table["delta"].to_numpy()], columns=list(table["gene"]), index=["shown"])
    scores, _ = decoupler.mt.ulm(wide, net, tmin=5, empty=False)
    np.testing.assert_allclose(found["score"], scores.loc["shown", found.index], rtol=1e-4)


def test_a_factor_is_active_when_what_it_activates_rises_and_what_it_represses_falls():
    knowledge = GeneKnowledge.load()
    row = knowledge.regulators.index("MYC")
    acts = knowledge.regulation[row].toarray().ravel()
    genes = list(knowledge.targets)
    rng = np.random.default_rng(0)
    table = pd.DataFrame({"gene": genes, "delta": acts + rng.normal(scale=0.3, size=len(genes))})
    table = table[rng.random(len(genes)) < 0.4]
    found = activity(table, REGULATORS).set_index("set")
    assert found["score"].idxmax() == "MYC"
    down = activity(table.assign(delta=-table["delta"]), REGULATORS).set_index("set")
    np.testing.assert_allclose(down["score"][found.index], -found["score"], rtol=1e-6)
    np.testing.assert_allclose(down["mean_shift"][found.index], -found["mean_shift"], rtol=1e-6, atol=1e-12)


def test_a_score_that_one_gene_makes_is_told(genes):
    rng = np.random.default_rng(1)
    shift = rng.normal(scale=0.01, size=len(genes))
    place = genes.index("CASP3")
    shift[place] = 5.0
    found = activity(pd.DataFrame({"gene": genes, "delta": shift}))
    apoptosis = found[found["set"] == "HALLMARK_APOPTOSIS"].iloc[0]
    assert apoptosis["strongest"].startswith("CASP3")
    assert rests_on_one(found)[found["set"] == "HALLMARK_APOPTOSIS"].item() == (apoptosis["score"] >= 2)
    assert abs(apoptosis["without_strongest"]) < 2


def test_leaving_a_gene_out_gives_the_score_of_a_table_without_it(table):
    found = activity(table).iloc[0]
    gene = found["strongest"].split(", ")[0]
    rest = activity(table[table["gene"] != gene]).set_index("set")
    assert found["without_strongest"] == pytest.approx(rest["score"][found["set"]], rel=1e-6)


def test_perturbed_genes_do_not_count(table):
    with_it = activity(table).set_index("set")["genes"]["HALLMARK_APOPTOSIS"]
    without = activity(table, without=["CASP3"]).set_index("set")["genes"]["HALLMARK_APOPTOSIS"]
    assert without == with_it - 1


def test_where_nothing_moves_no_set_does(table):
    still = activity(table.assign(delta=0.0))
    assert (still["score"] == 0).all()
    assert not rests_on_one(still).any()
    assert without_one(np.zeros(9), np.ones(9), 0) == 0.0


def test_few_genes_give_no_set_but_a_table_with_its_columns():
    few = activity(pd.DataFrame({"gene": ["CASP3", "TP53"], "delta": [1.0, -1.0]}))
    assert few.empty
    assert tuple(few.columns) == COLUMNS


def test_an_unknown_collection_names_those_that_are_there(table):
    with pytest.raises(InputError, match="HALLMARK"):
        activity(table, "KEGG")


def test_no_network_is_asked_not_even_when_decoupler_is_loaded():
    lines = (
        "import socket\n"
        "def refused(*_, **__): raise SystemExit('the network was asked')\n"
        "socket.socket.connect = socket.socket.connect_ex = socket.socket.sendto = refused\n"
        "socket.create_connection = socket.getaddrinfo = refused\n"
        "import pandas as pd\n"
        "from xpert.response.activity import KINDS, activity\n"
        "from xpert.response.gene_sets import gene_sets\n"
        "genes = sorted({g for s in list(gene_sets().values())[:10] for g in s})\n"
        "table = pd.DataFrame({'gene': genes, 'delta': [len(g) - 4.5 for g in genes]})\n"
        "print([len(activity(table, kind)) > 0 for kind in KINDS])\n"
    )
    done = subprocess.run([sys.executable, "-c", lines], capture_output=True, text=True, check=False)
    assert done.stdout.strip() == str([True] * len(KINDS)), done.stderr
