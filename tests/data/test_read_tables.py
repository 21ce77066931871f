"""Tables of text: what describes cells, what is a gene, and what is refused rather than guessed."""

from __future__ import annotations

import gzip

import numpy as np
import pytest

from xpert.data.read import Limits, read
from xpert.errors import InputError


def _read(folder, text, name="a.csv", **options):
    raw = text.encode()
    (folder / name).write_bytes(gzip.compress(raw) if name.endswith(".gz") else raw)
    return read(folder / name, **options)


@pytest.mark.parametrize("name", ["a.csv", "a.csv.gz", "a.tsv", "a.tsv.gz", "a.txt"])
def test_columns_up_to_the_last_text_describe_cells(name, tmp_path):
    text = "cell,line,dose,drug,TP53,MYC\na,K562,0.5,x,1,2.5\nb,A549,1,y,0,4\nc,A549,NA,y,3,5\n"
    table = _read(tmp_path, text if "csv" in name else text.replace(",", "\t"), name)
    assert list(table.obs) == ["line", "dose", "drug"]
    assert table.obs["dose"].tolist()[:2] == [0.5, 1.0]
    assert np.isnan(table.obs["dose"].iloc[2])
    assert table.gene_names == ("TP53", "MYC")
    np.testing.assert_array_equal(table.matrix, np.array([[1, 2.5], [0, 4], [3, 5]], np.float32))
    assert table.format == "table"
    assert not table.facts.is_integer


@pytest.mark.parametrize("sibling", ["a.obs.csv", "a_obs.csv", "a.obs.csv.gz"])
def test_table_of_cells_beside_the_matrix_is_found(sibling, tmp_path):
    raw = b"id,dose,batch\nb,2,007\na,1,012\n"
    (tmp_path / sibling).write_bytes(gzip.compress(raw) if sibling.endswith(".gz") else raw)
    table = _read(tmp_path, ",TP53,MYC\na,1,2\nb,3,4\n")
    assert table.obs["dose"].tolist() == [1, 2]
    assert table.obs["batch"].tolist() == ["012", "007"]


def test_table_of_cells_can_be_named(tmp_path):
    (tmp_path / "meta.tsv").write_text("id\tdrug\na\tx\nb\ty\n")
    table = _read(tmp_path, ",TP53,MYC\na,1,2\nb,3,4\n", obs=tmp_path / "meta.tsv")
    assert table.obs["drug"].tolist() == ["x", "y"]
    with pytest.raises(InputError, match=r"'missing.csv' does not exist"):
        read(tmp_path / "a.csv", obs=tmp_path / "missing.csv")


def test_mostly_zero_table_becomes_sparse_with_the_same_values(tmp_path):
    dense = np.zeros((50, 9), int)
    dense[::5, 3] = 7
    rows = "".join(f"c{i},{','.join(map(str, row))}\n" for i, row in enumerate(dense))
    table = _read(tmp_path, "," + ",".join(f"g{j}" for j in range(9)) + "\n" + rows)
    assert table.is_sparse
    np.testing.assert_array_equal(table.matrix.toarray(), dense)
    assert table.facts.is_integer


def test_many_blocks_give_one_matrix(tmp_path):
    rng = np.random.default_rng(0)
    values = rng.normal(size=(30_000, 40)).round(6)
    rows = "".join(f"c{i},{','.join(map(str, row))}\n" for i, row in enumerate(values.tolist()))
    table = _read(tmp_path, "cell," + ",".join(f"g{j}" for j in range(40)) + "\n" + rows)
    np.testing.assert_array_equal(table.matrix, values.astype(np.float32))
    np.testing.assert_allclose(table.facts.totals, values.sum(axis=1))


def test_header_of_r_without_a_heading_for_names(tmp_path):
    assert _read(tmp_path, "TP53\tMYC\na\t1\t2\nb\t3\t4\n", "a.tsv").gene_names == ("TP53", "MYC")


def test_duplicate_genes_are_kept(tmp_path):
    assert _read(tmp_path, ",TP53,TP53\na,1,2\nb,3,4\n").gene_names == ("TP53", "TP53")


def test_byte_order_mark_quotes_and_windows_lines_are_read(tmp_path):
    table = _read(tmp_path, '\ufeffcell,"drug, salt",TP53\r\na,"x, y",1\r\nb,z,2\r\n')
    assert table.obs["drug, salt"].tolist() == ["x, y", "z"]


def test_flags_and_whole_numbers_are_recognised(tmp_path):
    table = _read(tmp_path, "cell,flag,count,kind,TP53\na,True,1,x,1\nb,False,2,y,2\n")
    assert table.obs["flag"].tolist() == [True, False]
    assert table.obs["count"].dtype == np.int64


@pytest.mark.parametrize(
    ("text", "words"),
    [
        (
            "cell,TP53,drug\na,1,x\n",
            "column 'drug' holds text, for example 'x', and only 0 columns stand right",
        ),
        (
            "cell,A,B,C,D\na,1,2,3,4\nb,1,2,oops,4\nc,1,2,3,4\n",
            "column 'C' holds numbers, but also the text 'oops'",
        ),
        ("cell,line,line,TP53\na,x,y,1\n", "column 'line' more than once"),
        ("cell,TP53,\na,1,2\n", "a gene column has no heading"),
        ("cell,drug,TP53\n,x,1\n", "1 rows have no cell name"),
        ("cell,drug,TP53\na,x,1e400\n", "missing or infinite"),
        ("cell,drug,TP53\na,x,1e300\n", "too large"),
        ("ENSG00000141510,a\nENSG00000136997,2\nENSG00000105610,3\n", "genes as rows"),
        ('cell,"TP53\na,1\n', "first line cannot be read"),
    ],
)
def test_doubtful_tables_are_refused_with_the_place(text, words, tmp_path):
    with pytest.raises(InputError, match=words):
        _read(tmp_path, text)


def test_too_many_columns_are_refused(tmp_path):
    with pytest.raises(InputError, match=r"has 3 columns, more than are read"):
        _read(tmp_path, "cell,A,B,C\na,1,2,3\n", limits=Limits(genes=2))
