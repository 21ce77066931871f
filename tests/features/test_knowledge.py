"""Prior knowledge of genes: similarity, vectors and regulation."""

from __future__ import annotations

import numpy as np
import pytest

from xpert.features.knowledge import GENE_FLAGS, GeneKnowledge, signs

INTERFERON = ("IFNGR1", "IFNGR2", "JAK2", "STAT1", "IRF1")
RIBOSOME = ("RPL3", "RPL5", "RPS6", "RPS3")


@pytest.fixture(scope="module")
def genes() -> GeneKnowledge:
    return GeneKnowledge.load()


def test_genes_of_one_pathway_are_alike_and_of_two_are_not(genes):
    within = genes.kernel(INTERFERON, INTERFERON)[np.triu_indices(5, 1)]
    across = genes.kernel(INTERFERON, RIBOSOME)
    assert within.min() > 0.05 > across.max()
    assert genes.kernel(RIBOSOME, RIBOSOME).min() > 0.3


def test_a_gene_is_one_to_itself_also_when_nothing_is_known_of_it(genes):
    names = ["STAT1", "NO-SUCH-GENE", "OTHER-UNKNOWN"]
    kernel = genes.kernel(names, names)
    assert np.diagonal(kernel) == pytest.approx(1)
    assert kernel[1, 0] == kernel[1, 2] == 0
    assert not genes.known("NO-SUCH-GENE")


def test_similarity_is_symmetric_and_positive_semi_definite(genes):
    names = [*genes.genes[::80], "NO-SUCH-GENE"]
    kernel = genes.kernel(names, names)
    assert np.array_equal(kernel, kernel.T)
    assert np.linalg.eigvalsh(kernel.astype(float)).min() > -1e-5


def test_similarity_does_not_depend_on_who_else_is_asked_for(genes):
    alone = genes.kernel(["JAK2"], ["STAT1"])[0, 0]
    among = genes.kernel(["RPL3", "JAK2"], ["NO-SUCH-GENE", "STAT1", "JAK2"])[1, 1]
    assert alone == among


def test_vectors_keep_the_similarity(genes):
    names = genes.genes[::40]
    vectors = genes.vectors(names, 256)[:, :256]
    error = vectors @ vectors.T - np.where(np.eye(len(names), dtype=bool), np.nan, genes.kernel(names, names))
    assert np.sqrt(np.nanmean(error**2)) < 1.5 / np.sqrt(256)
    assert abs(np.nanmean(error)) < 0.01


def test_a_vector_is_fixed_whatever_else_is_asked_for(genes):
    alone = genes.vectors(["KLF1"])
    among = genes.vectors(["STAT1", "KLF1", "NO-SUCH-GENE"])
    assert alone.shape == (1, 256 + len(GENE_FLAGS))
    assert np.array_equal(alone[0], among[1])
    assert np.array_equal(signs(["a"], 16)[0], signs(["b", "a"], 16)[1])


def test_signs_are_the_same_in_every_version():
    expected = [1, 1, 1, 1, 1, 1, -1, -1]  # 0xfc, the first byte of SHAKE-256("GO_BP:x")
    assert signs(["GO_BP:x"], 8)[0].tolist() == expected


def test_a_gene_in_no_set_has_no_vector(genes):
    assert not genes.vectors(["NO-SUCH-GENE"]).any()


def test_regulation_is_signed_and_seen_from_both_sides(genes):
    assert genes.regulates("STAT1", ["IRF1", "NO-SUCH-GENE"]).tolist() == [1, 0]
    assert genes.regulation_by(["STAT1"])[genes.target_rows(["IRF1"])].toarray().item() == 1
    assert not genes.regulates("NO-SUCH-GENE", ["IRF1"]).any()
    assert set(np.unique(genes.regulation.data)) == {-1, 1}


def test_sets_of_a_collection(genes):
    hallmark = genes.sets("HALLMARK")
    assert len(hallmark) == 50
    assert "STAT1" in hallmark["HALLMARK_INTERFERON_GAMMA_RESPONSE"]
    sizes = [len(members) for members in genes.sets("GO_BP").values()]
    assert min(sizes) >= 5
    assert max(sizes) <= 500
    with pytest.raises(KeyError, match="REACTOME"):
        genes.sets("KEGG")


def test_symbols_are_todays_and_human(genes):
    assert {"MARCHF8", "H2AX", "AARS1"} <= set(genes.genes)
    assert not {"MARCH8", "H2AFX", "AARS", "gag", "rev"} & set(genes.genes)
