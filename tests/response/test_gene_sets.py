"""Gene sets: what a list is full of, by hand and by chance."""

from __future__ import annotations

import numpy as np
import pytest

from xpert.errors import InputError
from xpert.features.knowledge import GeneKnowledge
from xpert.response.gene_sets import COLLECTIONS, enriched, gene_set, gene_sets


def test_the_test_is_that_of_the_hypergeometric_distribution_by_hand():
    genes = gene_set("HALLMARK_INTERFERON_ALPHA_RESPONSE")
    others = [g for g in GeneKnowledge.load().genes if g not in genes][:90]
    table = enriched([*genes[:4], others[0]], [*genes[:10], *others]).set_index("set")
    row = table.loc["HALLMARK_INTERFERON_ALPHA_RESPONSE"]
    # 100 genes, 10 in the set, 5 drawn, 4 or more shared: (C(10,4)·C(90,1) + C(10,5)) / C(100,5)
    assert row["p_value"] == pytest.approx((210 * 90 + 252) / 75_287_520)
    assert (row["size"], row["shared"], row["expected"], row["fold"]) == (10, 4, 0.5, 8.0)


def test_random_genes_are_full_of_nothing():
    background = GeneKnowledge.load().genes[:4000]
    draw = np.random.default_rng(0)
    called = [
        (enriched(draw.choice(background, 60, replace=False), background)["q_value"] < 0.05).sum()
        for _ in range(20)
    ]
    assert sum(called) <= 3


def test_genes_outside_the_background_do_not_count():
    genes = gene_set("HALLMARK_HYPOXIA")
    background = list(genes[:20]) + list(gene_set("HALLMARK_MYC_TARGETS_V1")[:40])
    assert enriched([*genes[:5], "NOT_A_GENE"], background).equals(enriched(genes[:5], background))


def test_an_unknown_set_names_the_nearest():
    with pytest.raises(InputError, match="HALLMARK_HYPOXIA"):
        gene_set("HALLMARK_HYPOXYA")


def test_every_collection_has_sets():
    assert all(len(gene_sets(name)) >= 50 for name in COLLECTIONS)
