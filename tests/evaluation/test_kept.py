"""What a run has made is kept for as long as its folds are the same, and made once."""

from __future__ import annotations

import pandas as pd
import pytest

from xpert.evaluation.kept import Kept
from xpert.evaluation.splits import Fold, Folds

FOLDS = Folds("task", 1, (Fold(("a",), ("b",)), Fold(("b",), ("a",))))
TABLE = pd.DataFrame({"value": [1.5, 2.5]})


def fail() -> pd.DataFrame:
    raise AssertionError("made again")


def test_a_table_is_made_once_and_read_ever_after(tmp_path):
    kept = Kept.of(tmp_path / "t", FOLDS)
    assert not kept.has("a model")
    pd.testing.assert_frame_equal(kept.table("a model", lambda: TABLE), TABLE)
    assert kept.has("a model")
    pd.testing.assert_frame_equal(Kept.of(tmp_path / "t", FOLDS).table("a model", fail), TABLE)


def test_names_that_differ_in_signs_only_are_kept_apart(tmp_path):
    kept = Kept.of(tmp_path / "t", FOLDS)
    kept.table("a/b", lambda: TABLE)
    assert not kept.has("a b")
    assert all(path.parent == tmp_path / "t" for path in tmp_path.rglob("*.parquet"))


def test_other_folds_and_a_clearing_forget_everything(tmp_path):
    Kept.of(tmp_path / "t", FOLDS).table("model", lambda: TABLE)
    assert not Kept.of(tmp_path / "t", Folds("task", 1, FOLDS.folds[:1])).has("model")
    again = Kept.of(tmp_path / "t", FOLDS)
    again.table("model", lambda: TABLE)
    again.clear()
    assert not again.has("model")


def test_a_table_whose_making_fails_leaves_nothing_behind(tmp_path):
    kept = Kept.of(tmp_path / "t", FOLDS)
    with pytest.raises(AssertionError):
        kept.table("model", fail)
    assert not kept.has("model")
    assert not list(tmp_path.rglob("*.part"))
