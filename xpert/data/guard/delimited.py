"""Tables of text: a matrix of cells × genes with what describes the cells, or a table of cells alone."""

from __future__ import annotations

import csv
import re
from dataclasses import dataclass
from itertools import chain
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from xpert.data.guard.clean import LARGEST_INT32
from xpert.data.guard.columns import ArrowValues, Columns
from xpert.data.guard.entries import Block, Feed
from xpert.data.guard.names import check_labels, check_names
from xpert.data.guard.text import LineReader, Lines, parse
from xpert.data.guard.values import ValueCheck
from xpert.data.guard.words import listed, shown
from xpert.errors import InputError

if TYPE_CHECKING:
    from xpert.data.guard.job import Job
    from xpert.data.guard.limits import Limits

_NAME_HEADINGS = {
    "", "index", "cell", "cells", "cell_id", "cell_name", "cell_barcode", "barcode", "barcodes", "obs_names",
    "sample", "sample_id", "well", "id", "unnamed: 0",
}  # fmt: skip
_LEADING_ZERO = r"^-?0\d"
_ENSEMBL = re.compile(r"^ENS[A-Z]{0,4}G\d{6,}")
_BARCODE = re.compile(r"^[ACGT]{12,}(-\d+)?$")
_EVERYWHERE = {
    "ACTB", "GAPDH", "B2M", "MALAT1", "TMSB4X", "EEF1A1", "RPLP0", "RPL3", "RPS2", "RPS3", "UBC", "HSP90AA1",
    "TP53", "MYC", "VIM", "FTL", "FTH1", "TUBB", "PPIA", "ENO1", "MT-CO1", "MT-ND1",
}  # fmt: skip
_SPARSE_BELOW = 1 / 3
_ROWS_LOOKED_AT = 50


@dataclass(frozen=True)
class _Plan:
    """Which column is what: the cell's name first, then what describes the cell, then the genes."""

    where: str
    delimiter: str
    obs: list[str]
    genes: list[str]

    @property
    def lines(self) -> Lines:
        """How to parse a block."""
        types = [pa.string()] * (1 + len(self.obs)) + [pa.float64()] * len(self.genes)
        return Lines(self.where, ["cell", *self.obs, *self.genes], types, self.delimiter)


def read_matrix(descriptor: int, name: str, job: Job) -> None:
    """Copy a matrix file: one row per cell; a name, then columns that describe it, then one number per gene."""
    if job.layer not in {None, "X"}:
        raise InputError(f"{name} has one matrix, X, and no layer {shown(job.layer)}.")
    reader = LineReader(descriptor, name, job.limits)
    header = _header(reader)
    blocks = reader.blocks()
    first = next(blocks, b"")
    plan = _plan(header, first, name, job.limits)
    var = Columns(pa.chunked_array([pa.array(plan.genes, pa.string())]))
    described: list[pa.Table] = []
    check = ValueCheck(name, lambda at: _name_of(described, at), lambda at: plan.genes[at])
    feed: Feed | None = None
    for block in chain([first], blocks):
        table = parse(block, plan.lines)
        described.append(table.select(range(1 + len(plan.obs))))
        values = _numbers(table, plan)
        if feed is None:
            is_sparse = np.count_nonzero(values) < _SPARSE_BELOW * values.size
            most = LARGEST_INT32 if is_sparse else None
            feed = job.open_feed(check, len(plan.genes), np.dtype(np.float64), entries=most)
        _take(feed, values)
        job.tell(reader.share)
    if feed is None:
        raise InputError(f"{name} has no rows.")
    obs = _cells(described, plan, job.limits)
    job.close_feed(feed)
    job.finish("table", obs, var)


def read_cells(descriptor: int, name: str, limits: Limits) -> Columns:
    """Read a table that describes cells: their names in the first column, anything in the others."""
    reader = LineReader(descriptor, name, limits)
    header = _header(reader)
    blocks = reader.blocks()
    first = next(blocks, b"")
    header = _with_name_heading(header, first, name)
    if len(header) < 2:
        raise InputError(f"{name} has one column; it should name each cell and say something about it.")
    plan = _Plan(name, _delimiter(name), header[1:], [])
    _check_headings(plan, limits)
    return _cells([parse(block, plan.lines) for block in chain([first], blocks)], plan, limits)


def _delimiter(name: str) -> str:
    return "," if name.lower().removesuffix(".gz").endswith(".csv") else "\t"


def _header(reader: LineReader) -> list[str]:
    line = reader.line().removeprefix("\ufeff")
    delimiter = _delimiter(reader.name)
    if not line:
        raise InputError(f"{reader.name} is empty, or begins with an empty line.")
    other = next((d for d in ",;\t" if d != delimiter and d in line), None)
    if delimiter not in line and other:
        raise InputError(
            f"{reader.name} has its fields divided by {shown(other)}, not by {shown(delimiter)}. "
            "Name it .csv when commas divide it and .tsv when tabs do."
        )
    try:
        return next(csv.reader([line], delimiter=delimiter, strict=True))
    except csv.Error as error:
        raise InputError(f"{reader.name}: its first line cannot be read ({error}).") from error


def _with_name_heading(header: list[str], block: bytes, where: str) -> list[str]:
    """The header with a heading for the column of names, which R leaves out."""
    line = block.partition(b"\n")[0].decode(errors="replace").rstrip("\r")
    if not line:
        raise InputError(f"{where} has a header and no rows.")
    fields = len(next(csv.reader([line], delimiter=_delimiter(where))))
    return ["", *header] if fields == len(header) + 1 else header


def _plan(header: list[str], block: bytes, where: str, limits: Limits) -> _Plan:
    """Tell what describes cells from what is a gene by the first rows: the last column of text ends the former."""
    header = _with_name_heading(header, block, where)
    delimiter = _delimiter(where)
    sample = b"\n".join(block.split(b"\n", _ROWS_LOOKED_AT)[:_ROWS_LOOKED_AT]) + b"\n"
    table = parse(sample, Lines(where, header, [pa.string()] * len(header), delimiter))
    is_number = [_is_number(column) for column in table.columns]
    if is_number[0] and header[0].strip().lower() not in _NAME_HEADINGS:
        raise InputError(
            f"{where}: the first column, {shown(header[0])}, holds numbers; it should name each cell. "
            "Put the cells' names first."
        )
    ends = max((i for i in range(1, len(header)) if not is_number[i]), default=0)
    plan = _Plan(where, delimiter, header[1 : ends + 1], header[ends + 1 :])
    numbers = sum(is_number[1 : ends + 1])
    if not plan.genes or numbers > max(20, len(plan.genes)):
        raise InputError(
            f"{where}: column {shown(header[ends])} holds text, for example {shown(_first_text(table[ends]))}, and "
            f"only {len(plan.genes):,} columns stand right of it. What describes cells comes first, then one column "
            "of numbers per gene."
        )
    _check_end(plan, table[ends], numbers)
    _check_headings(plan, limits)
    _check_direction(plan, [str(name) for name in table[0].to_pylist()])
    return plan


def _check_end(plan: _Plan, column: ArrowValues, numbers_before: int) -> None:
    """Refuse a stray text in what is rather a gene: it would turn all genes left of it into descriptions."""
    texts = [v for v in column.to_pylist() if v is not None and not _is_number(pa.array([v]))]
    if plan.obs and numbers_before and len(texts) < len(column) / 2:
        raise InputError(
            f"{plan.where}: column {shown(plan.obs[-1])} holds numbers, but also the text {shown(texts[0])}. "
            "If it is a gene, correct that value; if it describes the cells, put it left of all columns of numbers."
        )


def _check_headings(plan: _Plan, limits: Limits) -> None:
    check_names([*plan.obs, *plan.genes], f"the header of {plan.where}", longest=limits.name)
    if len(plan.obs) > limits.columns or len(plan.genes) > limits.genes:
        raise InputError(f"{plan.where} has {len(plan.obs) + len(plan.genes):,} columns, more than are read.")
    if twice := sorted({name for name in plan.obs if plan.obs.count(name) > 1}):
        raise InputError(f"{plan.where} has the column {listed(twice)} more than once. Rename one.")
    if "" in plan.genes:
        raise InputError(f"{plan.where}: a gene column has no heading. Name it or take it out.")


def _check_direction(plan: _Plan, rows: list[str]) -> None:
    """Refuse a table of genes × cells, rather than turn it on a guess."""
    genes_in_rows = sum(_looks_like_gene(name) for name in rows)
    genes_in_header = sum(_looks_like_gene(name) for name in plan.genes)
    cells_in_header = sum(bool(_BARCODE.match(name)) for name in plan.genes)
    if (genes_in_rows >= 2 and not genes_in_header) or cells_in_header > len(plan.genes) / 2:
        raise InputError(
            f"{plan.where} seems to hold genes as rows ({listed(rows[:2])}) and cells as columns "
            f"({listed(plan.genes[:2])}). Turn it, so that each row is a cell; in pandas: table.T.to_csv(path)."
        )


def _looks_like_gene(name: str) -> bool:
    return name.upper() in _EVERYWHERE or bool(_ENSEMBL.match(name))


def _is_number(column: ArrowValues) -> bool:
    try:
        pc.cast(pc.utf8_trim_whitespace(column), pa.float64())
    except pa.ArrowInvalid:
        return False
    return True


def _first_text(column: ArrowValues) -> str:
    return next((str(v) for v in column.to_pylist() if v is not None and not _is_number(pa.array([v]))), "")


def _numbers(table: pa.Table, plan: _Plan) -> npt.NDArray[np.float64]:
    """Values of a block, shape ``(cells in the block, genes)``; a missing one is NaN."""
    values = np.empty((len(table), len(plan.genes)), dtype=np.float64)
    for i in range(len(plan.genes)):
        values[:, i] = table.column(1 + len(plan.obs) + i).to_numpy()
    return values


def _take(feed: Feed, values: npt.NDArray[np.float64]) -> None:
    if not feed.writer.is_sparse:
        feed.take_rows([values])
        return
    rows, columns = np.nonzero(values)
    feed.take_blocks([Block(feed.cells, len(values), rows + feed.cells, columns, values[rows, columns])])


def _name_of(tables: list[pa.Table], place: int) -> str:
    for table in tables:
        if place < len(table):
            return str(table["0"][place].as_py())
        place -= len(table)
    return str(place)


def _cells(tables: list[pa.Table], plan: _Plan, limits: Limits) -> Columns:
    table = pa.concat_tables(tables)
    if table["0"].null_count:
        raise InputError(
            f"{plan.where}: {table['0'].null_count:,} rows have no cell name in the first column."
        )
    check_names(table["0"].to_pylist(), f"cell names of {plan.where}", longest=limits.name)
    columns = Columns(table["0"])
    for i, name in enumerate(plan.obs, start=1):
        columns.add(name, _typed(table[str(i)], f"column {shown(name)} of {plan.where}", limits), plan.where)
    return columns


def _typed(column: ArrowValues, where: str, limits: Limits) -> ArrowValues:
    """Whole numbers, numbers or flags where every value is one; otherwise text."""
    has_codes = pc.any(pc.match_substring_regex(column, _LEADING_ZERO)).as_py()
    if column.null_count < len(column) and not has_codes:
        for kind in (pa.int64(), pa.float64(), pa.bool_()):
            try:
                return pc.cast(pc.utf8_trim_whitespace(column), kind)
            except pa.ArrowInvalid:
                continue
    texts = column.combine_chunks()
    check_labels([t or "" for t in texts.to_pylist()], where, longest=limits.label)
    is_repeated = pc.count_distinct(texts).as_py() <= len(texts) / 2
    return texts.dictionary_encode() if is_repeated else texts
