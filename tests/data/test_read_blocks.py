"""The steps on which every matrix goes through: order, duplicates, values, names."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import sparse

from xpert.data.guard import entries
from xpert.data.guard.budget import DiskBudget
from xpert.data.guard.clean import MatrixWriter, write_array
from xpert.data.guard.copy import open_matrix
from xpert.data.guard.entries import Block, Feed, RowSorter, Workplace
from xpert.data.guard.names import check_labels, check_names, decode
from xpert.data.guard.values import ValueCheck, canonical, clean_type
from xpert.data.guard.words import listed, shown, size
from xpert.errors import InputError

CELLS, GENES = 23, 5
ENTRY = st.tuples(st.integers(0, CELLS - 1), st.integers(0, GENES - 1), st.integers(-3, 3))


def _check():
    return ValueCheck("X", lambda at: f"c{at}", lambda at: f"g{at}")


@given(st.lists(ENTRY, max_size=60))
def test_canonical_is_sorted_without_repeats_or_zeros_and_sums_to_the_same(found):
    rows, columns, values = (
        np.array(part, dtype=np.int64) for part in (zip(*found, strict=True) if found else ([], [], []))
    )
    ours = canonical(rows, columns, values, GENES)
    dense = np.zeros((CELLS, GENES), int)
    np.add.at(dense, (rows, columns), values)
    rebuilt = np.zeros_like(dense)
    rebuilt[ours[0], ours[1]] = ours[2]
    np.testing.assert_array_equal(rebuilt, dense)
    assert (np.diff(ours[0] * GENES + ours[1]) > 0).all()
    assert (ours[2] != 0).all()
    assert ours[3] == len(found) - len({entry[:2] for entry in found})


@settings(max_examples=25, deadline=None)
@given(st.lists(ENTRY, max_size=80), st.integers(1, 9))
def test_entries_in_any_order_become_the_same_matrix_through_files(tmp_path_factory, found, pieces):
    folder = tmp_path_factory.mktemp("sort")
    budget, check = DiskBudget(10**6), _check()
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(entries, "AT_ONCE", 4)  # so that several files are needed
        sorter = RowSorter(Workplace(folder, budget), CELLS, len(found), np.dtype(np.int64), check)
    for part in np.array_split(np.array(found, dtype=np.int64).reshape(-1, 3), pieces):
        sorter.add(Block(0, CELLS, part[:, 0], part[:, 1], part[:, 2]))
    writer = MatrixWriter(folder, GENES, np.int32, budget, entries=len(found))
    feed = Feed(writer, check, GENES, lambda _: None)
    feed.take_blocks(sorter.blocks())
    facts = writer.close()
    dense = np.zeros((CELLS, GENES), int)
    np.add.at(
        dense, tuple(np.array([entry[:2] for entry in found], int).reshape(-1, 2).T), [e[2] for e in found]
    )
    matrix = open_matrix(folder, (CELLS, GENES))
    np.testing.assert_array_equal(matrix.toarray(), dense)
    assert matrix.has_canonical_format
    sparse.csr_matrix(matrix).check_format(full_check=True)
    assert (facts.minimum, facts.maximum, facts.nonzero) == (
        dense.min(),
        dense.max(),
        np.count_nonzero(dense),
    )
    np.testing.assert_array_equal(facts.totals, dense.sum(axis=1))


def test_disk_budget_refuses_before_it_is_passed(tmp_path):
    budget = DiskBudget(100)
    with pytest.raises(InputError, match=r"more than 100 bytes"):
        write_array(tmp_path / "a.npy", np.zeros(13), budget)


@given(st.lists(st.floats(allow_nan=True, allow_infinity=True, width=64), min_size=1, max_size=30))
def test_every_value_is_kept_or_refused(values):
    check, raw = _check(), np.array(values)
    is_finite = np.isfinite(raw)
    clean = check.finite(raw, lambda at: (at, 0))
    assert check.bad == (~is_finite).sum()
    np.testing.assert_array_equal(clean[is_finite], raw[is_finite])
    if (np.abs(clean) > np.finfo(np.float32).max).any():
        with pytest.raises(InputError, match=r"too large"):
            check.kept(clean, lambda at: (at, 0))
    else:
        assert np.isfinite(check.kept(clean, lambda at: (at, 0))).all()
    if check.bad:
        with pytest.raises(InputError, match=rf"{check.bad} values .*cell 'c{np.argmin(is_finite)}'"):
            check.finish(len(values))


def test_only_real_numbers_are_expression():
    assert clean_type(np.dtype(bool), "X") == np.int32
    assert clean_type(np.dtype(">f8"), "X") == np.float32
    for kind in ("c8", "S3", "O", "U2", "M8[s]"):
        with pytest.raises(InputError, match=r"must be plain numbers"):
            clean_type(np.dtype(kind), "X")


@given(st.lists(st.text(max_size=12), max_size=20))
def test_names_are_passed_unless_they_hide_something(names):
    hidden = [
        n for n in names if any(not c.isprintable() and c not in "\u00a0\u00ad" and ord(c) < 0x20 for c in n)
    ]
    if hidden:
        with pytest.raises(InputError, match=r"hidden character"):
            check_names(names, "genes", longest=100)


def test_labels_may_hold_lines_and_names_may_not():
    check_labels(["two\nlines\tand tabs"], "notes", longest=100)
    with pytest.raises(InputError, match=r"genes: entry 12, 'a\\nb', holds the hidden character U\+000A"):
        check_names(["ok", "a\nb"], "genes", longest=100, first=10)


def test_text_that_is_not_utf8_is_named_by_its_place():
    with pytest.raises(InputError, match=r"entry 6, .* is not UTF-8"):
        decode([b"a", b"\xff"], "genes", first=4)


def test_text_from_a_file_is_shown_without_its_effects():
    assert shown("\x1b[31m\u202e") == r"'\x1b[31m\u202e'"
    assert len(shown("x" * 1000)) < 70
    assert listed([f"g{i}" for i in range(10)], most=2) == "'g0', 'g1' and 8 more"
    assert [size(n) for n in (5, 20_000, 3 * 2**20, 2**31, 2**53)] == [
        "5 bytes",
        "20 KiB",
        "3 MiB",
        "2.0 GiB",
        "8,192 TiB",
    ]
