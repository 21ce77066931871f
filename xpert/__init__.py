"""X-Pert: predict how cells respond to genetic and chemical perturbations.

Importing this package loads no heavy library; each part imports what it needs where it is used.
"""

from xpert.errors import InputError, UnknownTargetError, XpertError
from xpert.perturbation import CONTROL, Dose, DoseUnit, Modality, Perturbation, Treatment

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
]
