"""Which conditions are trained on and which are held out: the parts, and the file that names them all."""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Any

from xpert.data.responses import Condition
from xpert.errors import InputError, XpertError
from xpert.perturbation import Treatment

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

FORMAT = "xpert split 1"
PARTS = ("train", "validation", "test", "unused")


class Rule(StrEnum):
    """What is new about the conditions that are held out."""

    UNSEEN_PERTURBATION = "unseen perturbation"
    UNSEEN_COMBINATION = "unseen combination"
    UNSEEN_COMPOUND = "unseen compound"
    UNSEEN_SCAFFOLD = "unseen scaffold"
    UNSEEN_CONTEXT = "unseen context"
    UNSEEN_DOSE = "unseen dose"


@dataclass(frozen=True)
class Split:
    """Conditions in parts that share none.

    Attributes
    ----------
    rule
        What is new in `test` and `validation` as seen from `train`.
    seed
        Seed of the draw.
    train, validation, test
        The parts; `validation` may be empty.
    unused
        Conditions that belong to no part, because either side would give something away.
    settings
        What else the draw depended on, for the reader of the file.
    """

    rule: Rule
    seed: int
    train: tuple[Condition, ...]
    test: tuple[Condition, ...]
    validation: tuple[Condition, ...] = ()
    unused: tuple[Condition, ...] = ()
    settings: Mapping[str, Any] = field(default_factory=dict)

    def __post_init__(self) -> None:
        everything = [condition for part in PARTS for condition in getattr(self, part)]
        if len(set(everything)) < len(everything):
            raise ValueError("a condition stands in a split twice")
        if not self.train or not self.test:
            side = "train" if not self.train else "test"
            raise InputError(
                f"The split by {self.rule} leaves no condition to {side} on; hold out another share."
            )

    def rows(self, part: str, conditions: Sequence[Condition]) -> list[int]:
        """Rows of a part in a list of conditions, such as `Responses.conditions`."""
        if part not in PARTS:
            raise ValueError(f"{part!r} is none of {PARTS}")
        wanted = set(getattr(self, part))
        return [row for row, condition in enumerate(conditions) if condition in wanted]

    def to_dict(self) -> dict[str, Any]:
        """Plain values for JSON: each condition by context and treatment text."""
        return {
            "format": FORMAT,
            "rule": str(self.rule),
            "seed": self.seed,
            "settings": dict(self.settings),
            **{
                part: [{"context": c.context, "treatment": str(c.treatment)} for c in getattr(self, part)]
                for part in PARTS
            },
        }

    @classmethod
    def from_dict(cls, plain: Mapping[str, Any]) -> Split:
        """The inverse of `to_dict`.

        Raises
        ------
        InputError
            When it is not a split, or a treatment cannot be read.
        """
        if not isinstance(plain, dict) or plain.get("format") != FORMAT:
            raise InputError(f"This is no split file: its format should be {FORMAT!r}.")
        try:
            parts = {
                part: tuple(
                    Condition(str(named["context"]), Treatment.parse(named["treatment"]))
                    for named in plain.get(part, [])
                )
                for part in PARTS
            }
            return cls(
                Rule(plain["rule"]), int(plain["seed"]), settings=dict(plain.get("settings", {})), **parts
            )
        except (KeyError, TypeError, ValueError, AttributeError) as error:
            raise InputError(f"This split file is damaged: {error}.") from None

    def save(self, path: Path) -> None:
        """Write the split as JSON."""
        Path(path).write_text(
            json.dumps(self.to_dict(), indent=1, ensure_ascii=False) + "\n", encoding="utf-8"
        )

    @classmethod
    def load(cls, path: Path) -> Split:
        """Read a split that `save` wrote.

        Raises
        ------
        InputError
            When the file cannot be read or is no split.
        """
        try:
            plain = json.loads(Path(path).read_text(encoding="utf-8"))
        except (OSError, UnicodeDecodeError, json.JSONDecodeError) as error:
            raise InputError(f"{path} cannot be read as a split: {error}.") from None
        try:
            return cls.from_dict(plain)
        except XpertError as error:
            raise InputError(f"{path}: {error}") from None
