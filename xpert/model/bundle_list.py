"""Which bundles there are: reads their descriptions only, and neither torch nor weights."""

from __future__ import annotations

import json
import os
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from xpert.data.readout import Readout
from xpert.errors import InputError, nearest_names
from xpert.model.choices import Choices
from xpert.model.question import Question
from xpert.perturbation import Modality

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from xpert.model.choices import Answer

FORMAT = 2
ENVIRONMENT = "XPERT_MODELS"
CONFIG, CARD = "config.json", "card.md"
LARGEST_TEXT = 4 * 2**20


@dataclass(frozen=True)
class BundleInfo:
    """What a bundle says of itself.

    Attributes
    ----------
    name
        Name of the bundle and of its folder.
    readout
        Unit of its predictions.
    contexts
        Names of the contexts it knows.
    targets
        How many genes and compounds it was trained on.
    modalities
        Ways to perturb that it was trained on.
    genes
        How many genes it predicts.
    organism
        ``human`` or ``mouse``.
    card
        Its card, Markdown.
    folder
        Where it lies.
    answers
        Who answers each kind of question: the predictor that was best on held-out conditions.
    """

    name: str
    readout: Readout
    contexts: tuple[str, ...]
    targets: int
    modalities: tuple[Modality, ...]
    genes: int
    organism: str
    card: str
    folder: Path
    answers: tuple[Answer, ...] = ()

    def to_dict(self) -> dict[str, Any]:
        """Plain types for JSON."""
        return asdict(self) | {
            "readout": self.readout.value,
            "contexts": list(self.contexts),
            "modalities": [modality.value for modality in self.modalities],
            "folder": str(self.folder),
            "answers": [answer.to_dict() for answer in self.answers],
        }

    @classmethod
    def read(cls, folder: Path) -> BundleInfo:
        """Read the description of one bundle.

        Raises
        ------
        InputError
            When it is missing, malformed or of another version.
        """
        config = read_config(folder)
        try:
            return cls(
                name=str(config["name"]),
                readout=Readout(config["readout"]),
                contexts=tuple(map(str, config["contexts"])),
                targets=int(config["targets"]),
                modalities=tuple(Modality(m) for m in config["modalities"]),
                genes=int(config["genes"]),
                organism=str(config["organism"]),
                card=read_text(folder / CARD),
                folder=folder,
                answers=_answers(config) if "chosen" in config else (),
            )
        except (KeyError, TypeError, ValueError) as error:
            raise InputError(f"The bundle {folder} is damaged: its {CONFIG} lacks {error}.") from error


def _answers(config: Mapping[str, Any]) -> tuple[Answer, ...]:
    measured = [Question(q) for q in config["calibration"]["posed"]]
    return Choices.restore(config["chosen"]).answers(measured)


def search_folders() -> tuple[Path, ...]:
    """Where bundles are looked for, first match first: ``$XPERT_MODELS``, the checkout's ``models``, the package."""
    package = Path(__file__).resolve().parents[1]
    listed = [Path(part) for part in os.environ.get(ENVIRONMENT, "").split(os.pathsep) if part]
    return (*listed, package.parent / "models", package / "bundles")


def bundle_folders() -> Iterator[Path]:
    """Every folder that holds a bundle; of two with one name the first counts."""
    seen: set[str] = set()
    for place in search_folders():
        for folder in sorted(place.iterdir()) if place.is_dir() else []:
            if (folder / CONFIG).is_file() and folder.name not in seen:
                seen.add(folder.name)
                yield folder


def survey() -> tuple[tuple[BundleInfo, ...], tuple[str, ...]]:
    """Bundles that can be read, and what is wrong with those that cannot."""
    sound, broken = [], []
    for folder in bundle_folders():
        try:
            sound.append(BundleInfo.read(folder))
        except InputError as error:
            broken.append(str(error))
    return tuple(sound), tuple(broken)


def find_folder(name: str | Path) -> Path:
    """Folder of a bundle by its name, or by its path where it holds one.

    Raises
    ------
    InputError
        Naming the bundles that are there.
    """
    path = Path(name)
    known = {folder.name: folder for folder in bundle_folders()}
    if str(name) in known:
        return known[str(name)]
    if (path / CONFIG).is_file():
        return path
    close = nearest_names(str(name), known)
    hint = f" Did you mean {', '.join(close)}?" if close else f" There are: {', '.join(known) or 'none'}."
    raise InputError(f"There is no model called {str(name)!r}.{hint}")


def read_config(folder: Path) -> dict[str, Any]:
    """The bundle's ``config.json``, of a version that this program reads.

    Raises
    ------
    InputError
        When it is missing, no JSON object, or of another version.
    """
    config = read_json(folder / CONFIG)
    if config.get("format") != FORMAT:
        raise InputError(
            f"The bundle {folder} has format {config.get('format')!r}; this version reads {FORMAT}. "
            "Train it anew, or use the version that made it."
        )
    return config


def read_json(path: Path) -> dict[str, Any]:
    """A JSON object from a file of reasonable size.

    Raises
    ------
    InputError
        When it is missing, too large or malformed.
    """
    try:
        value = json.loads(read_text(path))
    except (ValueError, RecursionError) as error:
        raise InputError(f"{path} is no JSON: {error}") from error
    if not isinstance(value, dict):
        raise InputError(f"{path} holds no JSON object.")
    return value


def read_text(path: Path) -> str:
    """A text file of reasonable size.

    Raises
    ------
    InputError
        When it is missing, too large or no text.
    """
    try:
        if path.stat().st_size > LARGEST_TEXT:
            raise InputError(f"{path} is larger than a bundle's text can be.")
        return path.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise InputError(f"{path} cannot be read: {error}") from error
