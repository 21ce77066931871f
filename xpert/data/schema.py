"""Which column of a cell table means what."""

from __future__ import annotations

from dataclasses import dataclass, fields
from enum import StrEnum
from typing import TYPE_CHECKING, Any, Self

from xpert.data.readout import Readout
from xpert.errors import InputError
from xpert.perturbation import DoseUnit, Modality

if TYPE_CHECKING:
    from collections.abc import Mapping


class LabelForm(StrEnum):
    """What a label of the perturbation column is."""

    NAME = "name"  # names of targets
    GUIDE = "guide"  # names of guides; the target is the name without the guide's number
    TEXT = "text"  # X-Pert's own text form of a treatment


@dataclass(frozen=True)
class ObsSchema:
    """The meaning of the columns of ``obs``, confirmed or given by the user.

    Attributes
    ----------
    perturbation_key
        Column that names what is perturbed; None where every cell is unperturbed.
    control_labels
        Values that mean control, in `control_key`.
    control_key
        Column of the control labels; None means `perturbation_key`.
    label_form
        What a label of `perturbation_key` is.
    separator
        What stands between the members of a combination; None where each label is one thing.
    modality
        How every target is perturbed, where one way holds for all.
    modality_key
        Column that says it per cell.
    dose_key
        Column of the dose; of several joined like the label (``1+0.5``) in a combination.
    dose_unit
        Unit of every dose, where one holds for all.
    dose_unit_key
        Column that says it per cell.
    efficacy_key
        Column of the efficacy of a genetic perturbation, 0 to 1. It is part of the treatment.
    guide_key
        Column of the guide: evidence, not part of the treatment.
    purity_key
        Column of the share of a cell's guide molecules that are the named guide's. It says how surely the
        cell carries the guide, not how well the guide works, so it is evidence and not an efficacy.
    minimum_purity
        Cells of a purity up to this are left out.
    context_keys
        Columns that name the cell state, most telling first: cell type, time.
    batch_key
        Column of the batch.
    gene_key
        Column of ``var`` that names the genes; None where its index does.
    readout
        Unit of the values, where the user knows better than the detection.
    """

    perturbation_key: str | None
    control_labels: tuple[str, ...] = ()
    control_key: str | None = None
    label_form: LabelForm = LabelForm.NAME
    separator: str | None = None
    modality: Modality | None = None
    modality_key: str | None = None
    dose_key: str | None = None
    dose_unit: DoseUnit | None = None
    dose_unit_key: str | None = None
    efficacy_key: str | None = None
    guide_key: str | None = None
    purity_key: str | None = None
    minimum_purity: float | None = None
    context_keys: tuple[str, ...] = ()
    batch_key: str | None = None
    gene_key: str | None = None
    readout: Readout | None = None

    def __post_init__(self) -> None:
        if self.minimum_purity is not None and not 0 <= self.minimum_purity < 1:
            raise InputError(f"The minimum purity is a number from 0 to 1, not {self.minimum_purity}.")
        if self.minimum_purity is not None and self.purity_key is None:
            raise InputError("A minimum purity needs the column of the purity: --map purity=COLUMN.")
        for name in ("control_labels", "context_keys"):
            if isinstance(getattr(self, name), str):
                raise TypeError(f"{name} is a tuple of names, not one text")

    @classmethod
    def from_mapping(cls, mapping: Mapping[str, Any]) -> Self:
        """Build a schema from plain values, as `to_mapping` writes them.

        Raises
        ------
        InputError
            When a field or a value is not known.
        """
        known = {field.name for field in fields(cls)}
        unknown = sorted(mapping.keys() - known)
        if unknown:
            raise InputError(
                f"A mapping has no {', '.join(unknown)}; it may have: {', '.join(sorted(known))}."
            )
        return cls(**{"perturbation_key": None, **{k: _typed(k, v) for k, v in mapping.items()}})

    def to_mapping(self) -> dict[str, Any]:
        """Plain values of every field that is set, ready for JSON; the inverse of `from_mapping`."""
        plain: dict[str, Any] = {}
        for field in fields(self):
            value = getattr(self, field.name)
            if value is None or value == ():
                continue
            plain[field.name] = list(value) if isinstance(value, tuple) else value
        return {k: str(v) if isinstance(v, StrEnum) else v for k, v in plain.items()}

    @property
    def columns(self) -> dict[str, str]:
        """Each field that names a column of ``obs``, with the column."""
        named = {
            field.name: getattr(self, field.name) for field in fields(self) if field.name.endswith("_key")
        }
        return {name: column for name, column in named.items() if column is not None and name != "gene_key"}


def _typed(field: str, value: Any) -> Any:  # noqa: ANN401 - JSON holds anything
    """One plain value as the type of its field."""
    try:
        if field in {"control_labels", "context_keys"}:
            return (value,) if isinstance(value, str) else tuple(str(v) for v in value)
        if value is None:
            return None
        if field == "minimum_purity":
            return float(value)
        kinds = {
            "modality": Modality.of,
            "dose_unit": DoseUnit.of,
            "readout": Readout,
            "label_form": LabelForm,
        }
        return kinds[field](value) if field in kinds else str(value)
    except (TypeError, ValueError) as error:
        raise InputError(f"{value!r} is no value for {field}: {error}") from None
