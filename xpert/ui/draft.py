"""The treatment under construction: the same in the controls, in the text field and as a value.

The text is what counts. A change of a control writes the text; a change of the text sets the controls.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from xpert.errors import InputError
from xpert.perturbation import Dose, DoseUnit, Modality, Perturbation, Treatment
from xpert.ui import session
from xpert.ui.frame import guarded

if TYPE_CHECKING:
    from collections.abc import Iterable

    from xpert.ui.known import Choices

TEXT, TARGETS = "treatment_text", "targets"
RENAMED = "names read as others"
NOT_STATED = "not stated"
UNITS = (NOT_STATED, *(u.value for u in DoseUnit))
# Half decades round 1; a dose between them is typed into the field beside the slider.
GRID = tuple(float(f"{step}e{exponent}") for exponent in range(-3, 3) for step in (1, 3))


def way_key(target: str) -> str:
    """Key of the control that says how `target` is perturbed."""
    return f"way of {target}"


def efficacy_key(target: str) -> str:
    """Key of the efficacy slider."""
    return f"efficacy of {target}"


def dose_key(target: str) -> str:
    """Key of the field that holds the dose."""
    return f"dose of {target}"


def slider_key(target: str) -> str:
    """Key of the logarithmic slider."""
    return f"dose slider of {target}"


def unit_key(target: str) -> str:
    """Key of the dose's unit."""
    return f"unit of {target}"


def text() -> str:
    """The text form as it stands."""
    return str(session.value(TEXT, "")).strip()


def treatment() -> Treatment | None:
    """What the text says; None where it is empty.

    Raises
    ------
    TreatmentSyntaxError
        Where it cannot be read.
    """
    return Treatment.parse(text()) if text() else None


def show(wanted: Treatment) -> None:
    """Set the text and every control."""
    session.put(TEXT, str(wanted))
    _set_controls(wanted)


def clear() -> None:
    """Empty the text and the controls."""
    session.put(RENAMED, {})
    session.put(TEXT, "")
    session.put(TARGETS, [])


@guarded
def text_changed(choices: Choices) -> None:
    """Set the controls from the text, with the model's own names; a text that cannot be read leaves them as they are."""
    session.put(RENAMED, {})
    try:
        wanted = treatment()
        own = choices.names.treatment(wanted) if wanted is not None else None
    except InputError:
        return  # the field shows the error at its place
    if wanted is not None and own != wanted:
        parts = [Treatment.of(p) for p in wanted.ordered]
        _say_renamed((part.targets[0], choices.names.treatment(part).targets[0]) for part in parts)
        session.put(TEXT, str(own))
    _set_controls(own or Treatment())


@guarded
def names_changed(choices: Choices) -> None:
    """Give each new name its first guess, and write the text."""
    names = session.value(TARGETS, [])
    guesses = [
        choices.first_guess(name) if not session.has(way_key(name)) else _from_controls(name)
        for name in names
    ]
    _say_renamed((name, guess.target) for name, guess in zip(names, guesses, strict=True))
    show(Treatment.of(*dict.fromkeys(guesses)))


@guarded
def control_changed() -> None:
    """Write the text from the controls."""
    parts = [_from_controls(name) for name in session.value(TARGETS, [])]
    session.put(TEXT, str(Treatment.of(*parts)) if parts else "")


@guarded
def slider_moved(target: str) -> None:
    """Take the dose from the slider."""
    session.put(dose_key(target), session.value(slider_key(target)))
    control_changed()


@guarded
def dose_typed(target: str) -> None:
    """Move the slider to the mark nearest to the dose."""
    session.put(slider_key(target), nearest_mark(session.value(dose_key(target)) or 0.0))
    control_changed()


def nearest_mark(value: float) -> float:
    """The slider's mark nearest to a dose by ratio."""
    return min(GRID, key=lambda mark: max(mark, value) / max(min(mark, value), 1e-9))


def _say_renamed(pairs: Iterable[tuple[str, str]]) -> None:
    """Keep which names were typed that the model knows by another."""
    session.put(RENAMED, {written: own for written, own in pairs if written.casefold() != own.casefold()})


def _set_controls(wanted: Treatment) -> None:
    session.put(TARGETS, list(dict.fromkeys(wanted.targets)))
    for perturbation in wanted.ordered:
        name = perturbation.target
        session.put(way_key(name), perturbation.modality)
        dose = perturbation.dose
        session.put(efficacy_key(name), perturbation.strength if perturbation.modality.is_genetic else 1.0)
        session.put(unit_key(name), dose.unit.value if dose else NOT_STATED)
        session.put(dose_key(name), dose.value if dose else 1.0)
        session.put(slider_key(name), nearest_mark(dose.value if dose else 1.0))


def _from_controls(name: str) -> Perturbation:
    way = Modality(session.value(way_key(name)))
    if way.is_genetic:
        return Perturbation(name, way, float(session.value(efficacy_key(name), 1.0)))
    unit = session.value(unit_key(name), NOT_STATED)
    amount = session.value(dose_key(name))
    if unit == NOT_STATED or amount is None:
        return Perturbation(name, way)
    return Perturbation(name, way, Dose(float(amount), DoseUnit(unit)))
