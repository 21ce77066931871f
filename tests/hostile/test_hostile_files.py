"""Each hostile file ends in a clear message or in the right values, with the reader alive and nothing taken."""

from __future__ import annotations

import hashlib
import math
import random

import broken  # noqa: F401 - each of these enters its files in the list
import elsewhere  # noqa: F401
import odd  # noqa: F401
import oversized  # noqa: F401
import plain
import pytest
import textual  # noqa: F401
from cases import CASES

REFUSED = [case for case in CASES if case.says]
READ = [case for case in CASES if not case.says]
BASE = 160 * 2**20  # resident bytes of the reading process before it meets the file
OTHERS = ("root:", "daemon", plain.SECRET, "PATH=", "4711")


def _content(folder):
    return {
        path: hashlib.sha256(path.read_bytes()).hexdigest()
        for path in folder.rglob("*")
        if path.is_file() and not path.is_symlink()
    }


@pytest.mark.parametrize("case", REFUSED, ids=lambda case: case.id)
def test_is_refused_with_a_clear_message(case, server, tmp_path):
    path = case.build(tmp_path)
    before = _content(tmp_path)
    reply = server.read(path, memory=case.memory, seconds=case.seconds)
    assert reply.get("error") == ("UnsafeFileError" if case.unsafe else "InputError"), reply
    for words in case.says:
        assert words in reply["message"]
    assert not reply["notes"], "an error that nobody foresaw"
    assert "Traceback" not in reply["message"]
    assert len(reply["message"]) < 700
    assert reply["message"].isprintable()
    assert not any(secret in reply["message"] for secret in OTHERS)
    assert _content(tmp_path) == before
    assert reply["children_peak"] < BASE + server.most_memory
    assert reply["own_peak"] < 400 * 2**20
    assert not server.errors.read_text()


@pytest.fixture(scope="module")
def read(server, tmp_path_factory):
    """What came of a file that is harmless, by its number."""

    def of(number):
        case = next(case for case in READ if case.id == number)
        reply = server.read(
            case.build(tmp_path_factory.mktemp("read")), memory=case.memory, seconds=case.seconds
        )
        assert "error" not in reply, reply
        assert not any(secret in str(reply) for secret in OTHERS)
        return reply

    return of


def test_h22_duplicate_entries_are_added_up_and_said(read):
    reply = read("H22")
    assert reply["values"][0] == [3, 0, 0, 0]
    assert reply["values"][4] == [0, 8, 7, 0]
    assert reply["hints"]["duplicates"].startswith("1 values")


def test_h24_negative_values_are_read_and_said(read):
    reply = read("H24-negative")
    assert reply["values"][4][2] == -2.5
    assert reply["facts"][0] == -2.5
    assert reply["facts"][2] is False


def test_h25_duplicate_genes_are_kept_as_they_are(read):
    assert read("H25-genes")["genes"] == ["G0", "G0", " G0", "g0"]


def test_h25_duplicate_cells_are_renamed_and_said(read):
    reply = read("H25-cells")
    assert reply["cells"] == ["a", "a-2", "a-1", "b", "a-3", "b-1"]
    assert "3 cells" in reply["hints"]["cell_names"]


def test_h29_unknown_column_is_left_out_and_said(read):
    reply = read("H29-column")
    assert list(reply["obs"]) == ["perturbation"]
    assert "quantum-array" in reply["hints"]["obs_left_out"]


def test_h31_markup_is_only_text(read):
    assert read("H31-script")["genes"][0] == "<script>alert(1)</script>"


def test_h32_numbered_cells_are_named_by_their_number(read):
    assert read("H32")["cells"] == ["0", "1", "2", "3", "4", "5"]


@pytest.mark.parametrize("kind", [">f8", "f2", "i8", "u1", "bool"])
def test_h34_every_real_type_gives_the_same_values(read, kind):
    reply = read(f"H34-{kind}")
    expected = plain.DENSE.astype(kind).astype(float)
    assert reply["values"] == expected.tolist()
    assert reply["dtype"] == ("float32" if "f" in kind else "int32")
    assert reply["facts"] == [0, expected.max(), True, 9]


def test_h37_nested_column_is_read(read):
    assert read("H37-nested")["obs"] == {"sub/col": ["0", "1", "2", "3", "4", "5"]}


def test_h38_tables_of_records_are_read(read):
    reply = read("H38")
    assert reply["cells"] == plain.CELL_NAMES
    assert reply["obs"]["perturbation"] == plain.PERTURBATIONS
    assert reply["obs"]["note"] == ["abc"] * 6
    assert reply["values"] == plain.DENSE.tolist()


def test_h38_categories_aside_are_found_by_name(read):
    assert read("H38-legacy")["obs"]["perturbation"] == ["control", "KLF1", "control", "MYC", "nan", "MYC"]


def test_formulas_and_addresses_are_only_text(read):
    reply = read("T1-formula")
    assert reply["cells"][0] == "=cmd|' /C calc'!A0"
    assert reply["obs"]["perturbation"][0] == "file:///etc/passwd"
    assert reply["values"] == [[1, 2], [3, 4], [5, 6]]


@pytest.mark.parametrize("seed", range(12))
def test_h35_any_damage_ends_in_a_message_or_in_finite_values(seed, server, tmp_path):
    with plain.write(tmp_path / "a.h5ad"):
        pass
    raw = bytearray((tmp_path / "a.h5ad").read_bytes())
    chance = random.Random(seed)
    for place in chance.sample(range(len(raw)), 10):
        raw[place] = chance.randrange(256)
    (tmp_path / "a.h5ad").write_bytes(raw)
    reply = server.read(tmp_path / "a.h5ad", memory=2**28, seconds=20)
    if "error" in reply:
        assert not reply["notes"], reply
    else:
        assert all(math.isfinite(value) for row in reply["values"] for value in row)


def test_every_number_of_the_list_has_a_file():
    numbers = {case.id.split("-")[0] for case in CASES}
    assert {f"H{i}" for i in range(1, 39)} <= numbers
    assert len({case.id for case in CASES}) == len(CASES)
