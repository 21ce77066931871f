"""What Cell Ranger writes: its HDF5 file, old and new, and its folder."""

from __future__ import annotations

import gzip

import h5py
import numpy as np
import pytest
from scipy import io, sparse

from xpert.data.read import read
from xpert.errors import InputError

COUNTS = sparse.random(30, 6, 0.4, "csr", random_state=2)
COUNTS.data = np.ceil(COUNTS.data * 20).astype(int)
COUNTS = COUNTS.astype(np.int32)
BARCODES = [f"AAAC{i:04d}-1" for i in range(30)]
SYMBOLS = ["KLF1", "MYC", "TP53", "TP53", "gKLF1", "gMYC"]
IDS = [f"ENSG0000000000{i}" for i in range(4)] + ["guide1", "guide2"]
TYPES = ["Gene Expression"] * 4 + ["CRISPR Guide Capture"] * 2


@pytest.fixture
def tenx_h5(tmp_path):
    with h5py.File(tmp_path / "raw.h5", "w") as file:
        group = file.create_group("matrix")
        for part in ("data", "indices", "indptr"):
            group[part] = getattr(COUNTS, part)
        group["shape"], group["barcodes"] = [6, 30], np.array(BARCODES, "S")
        features = group.create_group("features")
        features["id"], features["name"], features["feature_type"] = (
            np.array(v, "S") for v in (IDS, SYMBOLS, TYPES)
        )
    return tmp_path / "raw.h5"


@pytest.fixture
def tenx_plain(tmp_path):
    folder = tmp_path / "filtered_feature_bc_matrix"
    folder.mkdir()
    io.mmwrite(folder / "m.mtx", COUNTS.T.tocoo(), field="integer")
    (folder / "m.mtx").rename(folder / "matrix.mtx")
    (folder / "features.tsv").write_text(
        "".join(f"{i}\t{s}\t{t}\n" for i, s, t in zip(IDS, SYMBOLS, TYPES, strict=True))
    )
    (folder / "barcodes.tsv").write_text("".join(f"{b}\n" for b in BARCODES))
    return folder


@pytest.fixture
def tenx_folder(tenx_plain):
    for path in list(tenx_plain.iterdir()):
        (tenx_plain / f"{path.name}.gz").write_bytes(gzip.compress(path.read_bytes()))
        path.unlink()
    return tenx_plain


def _check(table):
    np.testing.assert_array_equal(table.matrix.toarray(), COUNTS[:, :4].toarray())
    assert table.matrix.dtype == np.int32
    assert table.gene_names == tuple(SYMBOLS[:4])
    assert table.var["gene_id"].tolist() == IDS[:4]
    assert table.layers == ("X", "CRISPR Guide Capture")
    assert "2 features of other types" in table.hints["feature_types"]
    assert table.obs.index.tolist() == BARCODES


def test_h5_gives_gene_expression(tenx_h5):
    table = read(tenx_h5)
    _check(table)
    assert table.format == "10x h5"


@pytest.mark.parametrize("form", ["tenx_folder", "tenx_plain"])
def test_folder_gives_gene_expression(form, request):
    table = read(request.getfixturevalue(form))
    _check(table)
    assert (table.format, table.name) == ("10x folder", "filtered_feature_bc_matrix")


@pytest.mark.parametrize("form", ["tenx_h5", "tenx_folder"])
def test_another_feature_type_is_a_layer(form, request):
    table = read(request.getfixturevalue(form), layer="CRISPR Guide Capture")
    np.testing.assert_array_equal(table.matrix.toarray(), COUNTS[:, 4:].toarray())
    with pytest.raises(InputError, match=r"no features of type 'Peaks'"):
        read(request.getfixturevalue(form), layer="Peaks")


def test_guide_calls_in_the_folder_become_columns(tenx_folder):
    (tenx_folder / "protospacer_calls_per_cell.csv").write_text(
        f"cell_barcode,num_features,feature_call,num_umis\n{BARCODES[3]},2,gKLF1|gMYC,5|7\n"
    )
    table = read(tenx_folder)
    assert table.obs["feature_call"].dropna().to_dict() == {BARCODES[3]: "gKLF1|gMYC"}
    assert "29 of 30 cells" in table.hints["obs"]


def test_old_h5_is_read_by_its_genome(tmp_path):
    with h5py.File(tmp_path / "old.h5", "w") as file:
        for genome in ("hg19", "mm10"):
            group = file.create_group(genome)
            for part in ("data", "indices", "indptr"):
                group[part] = getattr(COUNTS, part)
            group["shape"], group["barcodes"] = [6, 30], np.array(BARCODES, "S")
            group["genes"], group["gene_names"] = np.array(IDS, "S"), np.array(SYMBOLS, "S")
    with pytest.raises(InputError, match=r"several matrices: 'hg19', 'mm10'"):
        read(tmp_path / "old.h5")
    np.testing.assert_array_equal(read(tmp_path / "old.h5", layer="mm10").matrix.toarray(), COUNTS.toarray())


def test_entries_in_any_order_and_twice_are_put_right(tmp_path):
    folder = tmp_path / "f"
    folder.mkdir()
    entries = "2 2 5\n1 1 3\n2 1 1\n1 1 4\n"
    (folder / "matrix.mtx").write_text(f"%%MatrixMarket matrix coordinate integer general\n2 2 4\n{entries}")
    (folder / "genes.tsv").write_text("E1\tKLF1\nE2\tMYC\n")
    (folder / "barcodes.tsv").write_text("a\nb\n")
    table = read(folder)
    assert table.matrix.toarray().tolist() == [[7, 1], [0, 5]]
    assert table.hints["duplicates"].startswith("1 values")
