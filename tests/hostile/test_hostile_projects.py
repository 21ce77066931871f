"""Each hostile project ends in a clear message, with nothing written, nothing taken and nothing changed."""

from __future__ import annotations

import hashlib
import io
import json
import random
import resource
import struct
import tempfile
import time
import zipfile

import pytest

from xpert.errors import InputError, UnsafeFileError
from xpert.ui.project.archive import Bounds
from xpert.ui.project.read import open_project
from xpert.ui.project.write import project_file
from xpert.ui.session import Session

SMALL = Bounds(archive=4 << 20, data=1 << 20, table=1 << 20, state=1 << 20)
CELLS = b"cell,group,KLF1,GATA1\na,control,1,2\nb,KLF1,3,4\nc,control,1,3\n"


def state(**parts):
    """``project.json`` of an empty session, with other parts."""
    whole = json.loads(zipfile.ZipFile(io.BytesIO(project_file(Session()))).read("project.json"))
    return json.dumps(whole | parts)


def zipped(entries, **kwargs):
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in entries.items():
            archive.writestr(name, content, **kwargs)
    return out.getvalue()


def data(content=CELLS, **parts):
    """What a project says of its file."""
    saved = {"name": "cells.csv", "sha256": hashlib.sha256(content).hexdigest(), "part": "data/upload.csv"}
    return state(file=saved | parts)


def opened(content, bounds=SMALL):
    return open_project(io.BytesIO(content), bounds=bounds)


def refused(content, words, kind=InputError, bounds=SMALL):
    with pytest.raises(kind, match=words) as caught:
        opened(content, bounds)
    message = str(caught.value)
    assert message.isprintable()
    assert len(message) < 700
    assert "Traceback" not in message
    return message


@pytest.fixture(autouse=True)
def folder(tmp_path, monkeypatch):
    """Where temporary files go; it is empty afterwards, whatever a project held."""
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    yield tmp_path
    assert not list(tmp_path.iterdir())


@pytest.mark.parametrize("content", [b"", b"PK", b"these are notes" * 10, b"PK\x05\x06" + bytes(17)])
def test_what_is_no_zip_is_refused(content):
    refused(content, "no project")


def test_a_zip_without_the_state_is_refused():
    refused(zipped({"cells.csv": CELLS}), "holds no project.json")


@pytest.mark.parametrize(
    "name",
    [
        "../evil.txt",
        "/etc/passwd",
        "a/../../evil",
        "C:\\evil",
        "data\\..\\evil",
        "a//b",
        "./x",
        "x" * 300,
        "a\nb",
    ],
)
def test_a_name_that_leads_elsewhere_is_refused(name):
    refused(zipped({"project.json": state(), name: b"x"}), "names a file", UnsafeFileError)


def test_a_name_with_a_zero_byte_is_refused():
    content = zipped({"project.json": state(), "results/1.csvZ.exe": b"x"})
    refused(content.replace(b"1.csvZ.exe", b"1.csv\0.exe"), "names a file", UnsafeFileError)


def test_a_link_is_refused():
    link = zipfile.ZipInfo("data/upload.h5ad")
    link.external_attr = 0o120777 << 16
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as archive:
        archive.writestr("project.json", state())
        archive.writestr(link, "/etc/passwd")
    refused(out.getvalue(), "link to another place", UnsafeFileError)


def test_two_files_of_one_name_are_refused():
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as archive:
        archive.writestr("project.json", state())
        with pytest.warns(UserWarning, match="Duplicate"):
            archive.writestr("project.json", state(basket=["KLF1:crispra"]))
    refused(out.getvalue(), "two files of one name", UnsafeFileError)


def test_a_locked_zip_is_refused():
    content = bytearray(zipped({"project.json": state()}))
    content[content.rindex(b"PK\x01\x02") + 8] |= 1
    refused(bytes(content), "password")


def test_another_packing_is_refused():
    content = zipped({"project.json": state()}, compress_type=zipfile.ZIP_LZMA)
    refused(content, "packed in a way", UnsafeFileError)


def test_many_files_are_refused():
    refused(zipped({f"f{i}": b"" for i in range(201)}), "more than the 200 files", UnsafeFileError)


def test_a_list_of_files_that_lies_about_its_length_is_refused():
    content = bytearray(zipped({"project.json": state()}))
    struct.pack_into("<L", content, len(content) - 10, 2**31)
    refused(bytes(content), "more than the 200 files", UnsafeFileError)


def test_a_zip_that_stands_behind_another_form_of_its_end_is_refused():
    content = zipped({"project.json": state()})
    end = content[-22:]
    locator = b"PK\x06\x07" + struct.pack("<LQL", 0, 0, 1)
    refused(content[:-22] + locator + end, "more than the 200 files", UnsafeFileError)
    refused(content[:-2] + b"\x05\0abcde", "no project")


def test_a_bomb_is_refused_before_it_is_unpacked():
    began, before = time.monotonic(), resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    bomb = zipped({"project.json": data(b""), "data/upload.csv": bytes(100 << 20)})
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    refused(bomb, "larger than 1 MB", UnsafeFileError)
    refused(bomb, "times its size", UnsafeFileError, Bounds())
    assert time.monotonic() - began < 10
    assert resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - max(peak, before) < 30_000  # kB


def test_a_part_that_is_larger_than_it_says_is_refused():
    content = bytearray(zipped({"project.json": data(b""), "data/upload.csv": bytes(3 << 20)}))
    for mark, place in ((b"PK\x01\x02", 24), (b"PK\x03\x04", 22)):
        struct.pack_into("<L", content, content.rindex(mark) + place, 1000)
    refused(bytes(content), "damaged|larger|sha256")


@pytest.mark.parametrize(
    ("text", "words"),
    [
        (b"[" * 100_000, "no project that X-Pert has saved"),
        (b"{}", "format"),
        (b"\xff\xfe", "no project that X-Pert has saved"),
        (b'{"format": "xpert-project", "version": 1e999}', "version"),
        (b'{"format": "xpert-project", "version": 0}', "below 1"),
        (b'{"format": "xpert-project", "version": true}', "version"),
        (b'{"format": "xpert-project", "version": 1, "basket": [' + b'"a",' * 50 + b'"a"]}', "basket"),
        (b'{"format": "xpert-project", "version": 1, "basket": ["' + b"a" * 10_000 + b'"]}', "basket"),
        (
            b'{"format": "xpert-project", "version": 1, "file": {"name": "a", "sha256": "../../etc"}}',
            "sha256",
        ),
        (b'{"format": "xpert-project", "version": 1, "pages": {"Start": "x"}}', "pages"),
    ],
)
def test_a_state_that_is_not_one_is_refused(text, words):
    refused(zipped({"project.json": text}), words)


def test_what_is_said_of_a_project_holds_no_control_characters():
    message = refused(zipped({"project.json": state(format="\x1b[31mred\u202e")}), "format")
    assert "\x1b" not in message


def test_unknown_names_are_shown_as_plain_text():
    found = opened(zipped({"project.json": state(**{"\x1b[31m\n": 1})}))
    assert all(word.isprintable() for word in found.words)


@pytest.mark.parametrize("part", ["project.json", "/etc/passwd", "data/../project.json", "data/a/b.csv"])
def test_the_data_file_stands_nowhere_else(part):
    refused(zipped({"project.json": data(part=part), "data/upload.csv": CELLS}), "where it should|lacks")


def test_a_missing_data_file_is_said():
    refused(zipped({"project.json": data()}), "lacks its part data/upload.csv")


def test_another_data_file_is_refused_before_it_is_read():
    content = zipped({"project.json": data(), "data/upload.csv": CELLS + b"d,KLF1,1,1\n"})
    refused(content, "sha256 is another", UnsafeFileError)


def test_the_data_file_goes_through_the_guarded_reader():
    evil = b"\x80\x04pickled" * 20
    text = data(evil, name="a.h5ad", part="data/upload.h5ad")
    refused(zipped({"project.json": text, "data/upload.h5ad": evil}), "HDF5|h5ad|read")


def test_the_data_file_of_another_kind_is_refused():
    text = data(b"x", name="a.pkl", part="data/upload.pkl")
    refused(zipped({"project.json": text, "data/upload.pkl": b"x"}), "none of the files")


def test_a_mapping_for_another_file_is_left_out_and_said():
    text = data(mapping={"perturbation": "no such column"}, confirmed=True)
    found = opened(zipped({"project.json": text, "data/upload.csv": CELLS}))
    assert found.session.upload is not None
    assert not found.session.upload.is_confirmed
    assert any("mapping" in word for word in found.words)


@pytest.mark.parametrize(
    "table", [b"\xff\xfe", b"gene\nA\n", b"delta\nno number\n", b"delta\n" + b"1" * 200_000, b'"' * 1000]
)
def test_a_table_that_cannot_be_read_is_said(table):
    asked = {"model": ["m"], "context": ["c"], "treat": ["A:ko"]}
    text = state(results=[{"asked": asked, "table": "results/1.csv"}])
    found = opened(zipped({"project.json": text, "results/1.csv": table}))
    assert list(found.results.values()) == [None]
    assert "cannot be read" in found.words[0]


@pytest.mark.parametrize("seed", range(40))
def test_any_damage_ends_in_a_message_or_in_a_state(seed):
    whole = bytearray(
        zipped({"project.json": data(), "data/upload.csv": CELLS, "results/1.csv": b"delta\n1\n"})
    )
    chance = random.Random(seed)
    for place in chance.sample(range(len(whole)), 4):
        whole[place] = chance.randrange(256)
    try:
        found = opened(bytes(whole))
    except InputError as error:
        said = str(error)
    else:
        said = " ".join(found.words)
    assert not any(ord(character) < 32 for character in said)
