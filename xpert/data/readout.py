"""The unit in which a response stands; it travels with every number to the axis label."""

from __future__ import annotations

from enum import StrEnum


class Readout(StrEnum):
    """Unit of expression values and of the shifts between them."""

    COUNTS = "counts"
    CP10K = "cp10k"
    LOG1P = "log1p"
    LOG2 = "log2"
    LOG2FC = "log2fc"
    Z = "z"
    SIGNED_RANK = "signed_rank"
    SCALED = "scaled"

    @property
    def is_differential(self) -> bool:
        """Whether a value is already a difference to control, so that control stands at 0."""
        return self in {Readout.LOG2FC, Readout.Z, Readout.SIGNED_RANK}

    @property
    def label(self) -> str:
        """Axis label of an expression value."""
        return _LABELS[self]

    @property
    def delta_label(self) -> str:
        """Axis label of a shift."""
        return _LABELS[self] if self.is_differential else f"Δ {_LABELS[self]}"


_LABELS = {
    Readout.COUNTS: "UMI counts",
    Readout.CP10K: "counts per 10,000",
    Readout.LOG1P: "ln(1 + CP10k)",
    Readout.LOG2: "log2 intensity",
    Readout.LOG2FC: "log2 fold change",
    Readout.Z: "z score against control",
    Readout.SIGNED_RANK: "signed rank (−1 … 1)",
    Readout.SCALED: "scaled expression (s.d.)",
}
