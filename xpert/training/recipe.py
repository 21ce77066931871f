"""A recipe: everything that makes a bundle, in one TOML file that is kept beside the weights."""

from __future__ import annotations

import json
import re
import tomllib
from pathlib import Path  # noqa: TC003 (read at run time by pydantic)
from typing import TYPE_CHECKING, Annotated, Literal, Self

from pydantic import BaseModel, ConfigDict, Field, ValidationError, model_validator

from xpert.errors import InputError

if TYPE_CHECKING:
    from collections.abc import Mapping

NAME = r"^[a-z0-9][a-z0-9_-]{0,63}$"
Positive = Annotated[int, Field(ge=1)]
Share = Annotated[float, Field(ge=0, lt=1)]


class _Section(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True, allow_inf_nan=False)


class DataSection(_Section):
    """Where the responses come from: one named collection, or one file."""

    collection: str | None = Field(
        default=None, description="A public collection known by name, such as `l1000`."
    )
    folder: Path | None = Field(default=None, description="Folder that holds the collection.")
    file: Path | None = Field(default=None, description="A data file; relative to the recipe.")
    minimum_cells: Positive = Field(default=10, description="Conditions with fewer cells are left out.")
    most_genes: Positive = Field(
        default=2000,
        description="Genes to predict at most: those perturbed, then those that vary most in control, or in a "
        "collection those that were measured in most conditions.",
    )
    organism: Literal["human", "mouse"] = Field(default="human", description="Of a collection.")
    mapping: dict[str, str] = Field(
        default={},
        description="Which column means what, as in `xpert check --map`; what is left out is detected.",
    )

    @model_validator(mode="after")
    def _one_source(self) -> Self:
        if (self.collection is None) == (self.file is None):
            raise ValueError("name either a collection or a file")
        if self.collection is not None and self.folder is None:
            raise ValueError("a collection needs the folder that holds it")
        return self


class NetworkSection(_Section):
    """Sizes of the network; see `xpert.model.config.ModelConfig`."""

    width: Positive = Field(default=64, description="Width of every token.")
    heads: Positive = Field(default=4, description="Attention heads; divides the width.")
    tokens: Positive = Field(default=4, description="Unified perturbation tokens a treatment becomes.")
    perceiver_depth: Positive = Field(default=1, description="Rounds of the Perturbation Perceiver.")
    depth: Positive = Field(default=2, description="Blocks of the Cell Encoder.")
    gene_latents: Positive = Field(
        default=64, description="Latents through which a long gene list attends to itself."
    )
    exact_up_to: Positive = Field(
        default=512, description="Longest gene list that attends to itself exactly."
    )
    bottleneck: bool = Field(
        default=False,
        description="Whether a longer gene list is read once into the latents, and every block works on those; "
        "several times as fast.",
    )
    dropout: Share = Field(default=0.1, description="Share of activations dropped in training.")
    feature_dropout: Share = Field(default=0.2, description="Share of fixed features dropped in training.")
    signature_rank: Positive = Field(
        default=16, description="Most numbers in which the auxiliary head describes a response's direction."
    )


class TrainingSection(_Section):
    """How the network is fitted."""

    seed: int = Field(default=0, ge=0, lt=2**31, description="Fixes every draw.")
    epochs: Positive = Field(default=100, description="Most passes over the training conditions.")
    patience: Positive = Field(
        default=15, description="Passes without gain on held-out perturbations before it stops."
    )
    batch_size: int = Field(default=0, ge=0, description="Conditions a step; 0 chooses by the device.")
    genes_per_step: int = Field(
        default=0, ge=0, description="Genes a step, drawn at random; 0 takes all. Fewer make a step cheaper."
    )
    learning_rate: float = Field(default=1e-3, gt=0, description="Largest step size.")
    gate_learning_rate: float = Field(
        default=1e-2,
        gt=0,
        description="Step size of the gates, which start at nothing and would stay there longest.",
    )
    weight_decay: float = Field(default=1e-2, ge=0, description="Pull of the weights towards zero.")
    averaging: Share = Field(
        default=0.99, description="Share of the running average of weights kept at each step."
    )
    start: Literal["mean", "base"] = Field(
        default="mean",
        description="What the network starts from: the mean shift, or the strongest simple model. Its answer is "
        "weighed with the latter's in the end.",
    )
    held_out: float = Field(
        default=0.15, gt=0, lt=0.9, description="Share of perturbations that decides when to stop."
    )
    base_folds: int = Field(
        default=5, ge=2, description="Folds of the base's predictions on training conditions."
    )
    shape_weight: float = Field(
        default=0.5, ge=0, le=1, description="Weight of direction against size of the shift."
    )
    spread_weight: float = Field(
        default=0.1, ge=0, description="Weight of the spread over cells in the loss."
    )
    signature_weight: float = Field(
        default=0.1, ge=0, description="Weight of the auxiliary direction in the loss."
    )
    precision: Literal["auto", "32-true", "bf16-mixed"] = Field(
        default="auto", description="Number format of a step."
    )


class SkillSection(_Section):
    """How skill is measured."""

    folds: int = Field(default=5, ge=2, description="Folds of held-out perturbations.")
    network: bool = Field(
        default=True, description="Whether the network is trained anew on every fold, to be scored too."
    )


class Source(_Section):
    """Where data come from and what may be done with them."""

    name: str = Field(description="Data set, as it is cited.")
    licence: str = Field(description="Licence, as its source states it.")
    link: str = Field(default="", description="Where it can be found.")


class CardSection(_Section):
    """What only a person can say about the bundle."""

    summary: str = Field(default="", description="First paragraph of the card.")
    sources: tuple[Source, ...] = Field(default=(), description="Data with source and licence.")
    not_for: tuple[str, ...] = Field(default=(), description="What the bundle must not be used for.")


class Recipe(_Section):
    """Everything that makes a bundle."""

    name: str = Field(pattern=NAME, description="Name of the bundle and of its folder.")
    data: DataSection
    network: NetworkSection = NetworkSection()
    training: TrainingSection = TrainingSection()
    skill: SkillSection = SkillSection()
    card: CardSection = CardSection()

    @classmethod
    def read(cls, path: Path) -> Recipe:
        """Read a recipe; paths in it become absolute, seen from the recipe's folder.

        Raises
        ------
        InputError
            When the file is missing or malformed, listing every entry that is wrong.
        """
        try:
            text = path.read_text(encoding="utf-8")
        except FileNotFoundError as error:
            raise InputError(f"There is no recipe at {path}.") from error
        except (OSError, UnicodeDecodeError) as error:
            raise InputError(f"The recipe {path} cannot be read: {error}") from error
        return cls.of(text, folder=path.resolve().parent)

    @classmethod
    def of(cls, text: str, *, folder: Path) -> Recipe:
        """Read a recipe's text, seen from a folder.

        Raises
        ------
        InputError
            Listing every entry that is wrong.
        """
        try:
            recipe = cls.model_validate(tomllib.loads(text))
        except tomllib.TOMLDecodeError as error:
            raise InputError(f"The recipe is no TOML: {error}") from error
        except ValidationError as error:
            listed = "\n".join(
                f"  {'.'.join(map(str, e['loc'])) or 'recipe'}: {e['msg']}" for e in error.errors()
            )
            raise InputError(f"The recipe cannot be used:\n{listed}") from error
        return recipe.model_copy(update={"data": _seen_from(recipe.data, folder)})


def default_text(file: Path, name: str, mapping: Mapping[str, str]) -> str:
    """The default recipe for a data file, as text; the file is named as seen from its own folder."""
    plain = re.sub(r"[^a-z0-9_-]+", "-", name.casefold()).strip("-_")[:64] or "mine"
    lines = [f"name = {_quoted(plain)}", "", "[data]", f"file = {_quoted(file.name)}"]
    if mapping:
        lines += ["", "[data.mapping]"]
        lines += [f"{_quoted(key)} = {_quoted(value)}" for key, value in mapping.items()]
    return "\n".join(lines) + "\n"


def _quoted(text: str) -> str:
    """A basic string of TOML, which is one of JSON."""
    return json.dumps(text, ensure_ascii=False)


def _seen_from(data: DataSection, folder: Path) -> DataSection:
    places = {key: getattr(data, key) for key in ("folder", "file")}
    absolute = {key: (folder / place).resolve() for key, place in places.items() if place is not None}
    return data.model_copy(update=absolute)
