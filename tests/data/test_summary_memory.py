"""A file that is larger than memory is summarised in little of it."""

from __future__ import annotations

import mmap
import re
import subprocess
import sys

import numpy as np
import pytest

from xpert.data.matrix import release
from xpert.data.open import open_dataset
from xpert.data.synthetic import simulate

LIMIT_MIB = 2048


def test_what_was_let_go_of_is_read_again(tmp_path):
    simulate(cells=20)[0].write_h5ad(tmp_path / "file.h5ad")
    found = open_dataset(tmp_path / "file.h5ad")
    first, second = found.summarise(50), found.summarise(50)
    np.testing.assert_array_equal(first.mean, second.mean)
    release(found.table.matrix)
    assert found.table.matrix.sum() == pytest.approx(found.table.facts.totals.sum())


def test_what_can_be_written_is_not_let_go_of(tmp_path):
    path = tmp_path / "values.npy"
    np.save(path, np.zeros(10_000))
    values = np.load(path, mmap_mode="c")
    values[:] = 1
    release(values)
    assert isinstance(values.base, mmap.mmap)
    assert (values == 1).all()


@pytest.mark.slow
def test_a_million_cells_are_summarised_within_two_gibibytes(root):
    command = [sys.executable, str(root / "benchmarks" / "summarise.py")]
    done = subprocess.run(command, capture_output=True, text=True, check=True)
    peaks = re.search(r"peak memory +([\d,]+) MiB here, ([\d,]+) MiB", done.stdout)
    assert peaks, done.stdout
    assert all(int(peak.replace(",", "")) < LIMIT_MIB for peak in peaks.groups())
