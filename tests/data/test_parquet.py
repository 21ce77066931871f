"""Tables in Parquet's format: what is read, and that no thread outlives the reading."""

import subprocess
import sys
from pathlib import Path

import pandas as pd
import pytest

from xpert.parquet import read_frame, read_table

TABLE = pd.DataFrame({"name": ["a", "b", None], "value": [1.0, 2.0, 3.0]})

COUNT_THREADS = """
import sys
from pathlib import Path
import numpy, pandas, pyarrow.parquet
from xpert.parquet import read_frame
threads = lambda: len(list(Path("/proc/self/task").iterdir()))
before = threads()
read_frame(Path(sys.argv[1]))
print(threads() - before)
"""


@pytest.fixture
def path(tmp_path):
    TABLE.to_parquet(tmp_path / "t.parquet", index=False)
    return tmp_path / "t.parquet"


def test_a_table_is_read_as_it_was_written(path):
    pd.testing.assert_frame_equal(read_frame(path), TABLE)


def test_only_the_asked_columns_are_read(path):
    assert read_table(path, ["value"]).column_names == ["value"]


@pytest.mark.parametrize("content", [b"", b"PAR1", b"not parquet at all" * 10])
def test_what_is_not_parquet_is_a_value_error(tmp_path, content):
    (tmp_path / "t.parquet").write_bytes(content)
    with pytest.raises(ValueError, match=r"(?i)parquet"):
        read_frame(tmp_path / "t.parquet")


@pytest.mark.skipif(not Path("/proc/self/task").is_dir(), reason="threads are counted in /proc")
def test_reading_leaves_no_thread_that_could_abort_the_program_at_its_end(path):
    command = [sys.executable, "-c", COUNT_THREADS, str(path)]
    said = subprocess.run(command, check=True, capture_output=True, text=True)
    assert said.stdout.strip() == "0"
