"""The mapping that a user writes, ``KEY=COLUMN``, as fields of the schema."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from xpert.errors import InputError, nearest_names
from xpert.perturbation import DoseUnit, Modality

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping, Sequence

# What a user may map, and how the value is read.
KEYS: dict[str, str] = {
    "perturbation": "column that names what is perturbed",
    "control": "label that means control, or several with commas",
    "control_column": "column of that label, where it is another one",
    "label_form": "name, guide or text",
    "separator": "what stands between the members of a combination",
    "modality": "column, or one modality for all: ko, crispri, crispra, kd, oe, compound",
    "dose": "column of the dose",
    "dose_unit": "column, or one unit for all: nM, uM, mM, M, ng/mL, ug/mL, %",
    "efficacy": "column of the efficacy of a genetic perturbation, 0 to 1",
    "guide": "column of the guide",
    "purity": "column of the guide's purity",
    "minimum_purity": "number: cells up to it are left out",
    "context": "columns that name the cell state, with commas",
    "batch": "column of the batch",
    "genes": "column of var that names the genes",
    "readout": "counts, cp10k, log1p, log2, log2fc, z, signed_rank or scaled",
}
_COLUMNS = {
    "perturbation": "perturbation_key",
    "control_column": "control_key",
    "dose": "dose_key",
    "efficacy": "efficacy_key",
    "guide": "guide_key",
    "purity": "purity_key",
    "batch": "batch_key",
}
_COLUMN_OR_CONSTANT = {
    "modality": ("modality_key", "modality", Modality.of),
    "dose_unit": ("dose_unit_key", "dose_unit", DoseUnit.of),
}
NONE = "none"


def overrides(mapping: Mapping[str, str], obs: Collection[str], var: Collection[str] = ()) -> dict[str, Any]:
    """Schema fields that a mapping sets; ``KEY=none`` says that the file has no such column.

    Raises
    ------
    InputError
        When a key is not known, or a column is not in the file.
    """
    fields: dict[str, Any] = {}
    for written, value in mapping.items():
        key = written.removesuffix("_key")
        if key not in KEYS:
            hint = nearest_names(key, KEYS, count=1) or tuple(KEYS)
            raise InputError(f"{written!r} cannot be mapped. Did you mean {', '.join(hint)}?")
        fields |= _fields(key, value.strip(), obs, var)
    return fields


def _fields(key: str, value: str, obs: Collection[str], var: Collection[str]) -> dict[str, Any]:
    if key in _COLUMN_OR_CONSTANT:
        return _column_or_constant(key, value, obs)
    if key in _COLUMNS:
        return {_COLUMNS[key]: _column(key, value, obs)}
    if key == "genes":
        return {"gene_key": _column(key, value, var)}
    if key == "context":
        columns = () if value == NONE else tuple(filter(None, map(str.strip, value.split(","))))
        return {"context_keys": tuple(_column(key, column, obs) for column in columns)}
    if key == "control":
        return {"control_labels": (value,) if value else ()}
    return {key: None if value == NONE else value}


def _column(key: str, value: str, columns: Collection[str]) -> str | None:
    if value in columns:
        return value
    if value == NONE:
        return None
    raise InputError(f"{key}={value}: the file has no column {value!r}. {_known(value, columns)}")


def _column_or_constant(key: str, value: str, obs: Collection[str]) -> dict[str, Any]:
    column, constant, read = _COLUMN_OR_CONSTANT[key]
    if value in obs:
        return {column: value, constant: None}
    if value == NONE:
        return {column: None, constant: None}
    try:
        return {column: None, constant: read(value)}
    except InputError as error:
        raise InputError(
            f"{key}={value}: the file has no such column, and {error} {_known(value, obs)}"
        ) from None


def _known(value: str, columns: Collection[str]) -> str:
    near = nearest_names(value, columns, count=3)
    if near:
        return f"Did you mean {', '.join(near)}?"
    return f"It has: {', '.join(_first(sorted(columns)))}." if columns else "It has no columns."


def _first(names: Sequence[str], *, most: int = 20) -> list[str]:
    return [*names[:most], "…"] if len(names) > most else list(names)
