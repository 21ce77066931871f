"""X-Pert: predict how cells respond to genetic and chemical perturbations.

Importing this package loads no heavy library; each part imports what it needs where it is used.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING

from xpert.errors import InputError, UnknownTargetError, XpertError
from xpert.perturbation import CONTROL, Dose, DoseUnit, Modality, Perturbation, Treatment

if TYPE_CHECKING:
    from xpert.data.open import open_dataset
    from xpert.model.bundle import list_bundles, load_bundle
    from xpert.prediction.controls import context_from_dataset
    from xpert.prediction.predict import predict

__version__ = "0.1.0"

__all__ = [
    "CONTROL",
    "Dose",
    "DoseUnit",
    "InputError",
    "Modality",
    "Perturbation",
    "Treatment",
    "UnknownTargetError",
    "XpertError",
    "context_from_dataset",
    "list_bundles",
    "load_bundle",
    "open_dataset",
    "predict",
]

_LAZY = {
    "context_from_dataset": "xpert.prediction.controls",
    "list_bundles": "xpert.model.bundle",
    "load_bundle": "xpert.model.bundle",
    "open_dataset": "xpert.data.open",
    "predict": "xpert.prediction.predict",
}


def __getattr__(name: str) -> object:
    """Import what is heavy when it is first asked for."""
    if name not in _LAZY:
        raise AttributeError(f"module 'xpert' has no attribute {name!r}")
    return getattr(import_module(_LAZY[name]), name)
