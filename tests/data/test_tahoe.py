"""Tahoe signatures as responses."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from xpert.data.collections import load_responses
from xpert.data.collections.tahoe_lines import LINEAGE
from xpert.data.readout import Readout
from xpert.perturbation import Treatment

pytestmark = pytest.mark.data


@pytest.fixture(scope="module")
def tahoe(shared_data):
    return load_responses("tahoe", shared_data)


def test_tahoe_holds_the_signatures_that_are_no_noise(tahoe, shared_data):
    table = pd.read_csv(shared_data / "tahoe" / "signatures.csv.gz")
    assert len(tahoe) == (table["n_up_sig"] >= 20).sum() == 4601
    assert tahoe.readout is Readout.SIGNED_RANK
    assert len({c.treatment for c in tahoe.conditions}) == 109
    assert len(tahoe.genes) == len(set(tahoe.genes)) == 4000


def test_a_rank_is_a_share_and_a_gene_that_was_not_ranked_is_unknown(tahoe):
    assert np.nanmin(tahoe.delta) == -1
    assert np.nanmax(tahoe.delta) == 1
    assert np.isnan(tahoe.delta).mean() == pytest.approx(0.02, abs=0.01)


def test_the_most_up_gene_of_a_signature_is_the_source_s(tahoe, shared_data):
    listed = pd.read_csv(shared_data / "tahoe" / "top_bottom100.csv.gz")
    row = [str(c) for c in tahoe.conditions].index("a549 | Trametinib:compound")
    own = listed[(listed["cell_line"] == "a549") & (listed["drug"] == "Trametinib")].iloc[0]
    place = {gene: i for i, gene in enumerate(tahoe.genes)}
    up = [place[gene] for gene in own["top100_up"].split(";") if gene in place]
    assert tahoe.delta[row, up].min() > 0.9


def test_every_drug_has_a_name_that_can_be_typed(tahoe):
    treatments = {c.treatment for c in tahoe.conditions}
    assert all(Treatment.parse(str(treatment)) == treatment for treatment in treatments)


def test_every_line_has_a_lineage(tahoe):
    assert {c.name for c in tahoe.contexts} == set(LINEAGE)
    assert {c.covariates["lineage"] for c in tahoe.contexts} == set(LINEAGE.values())
