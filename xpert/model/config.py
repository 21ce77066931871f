"""What fixes the shape of a network: one frozen value, written as JSON beside the weights."""

from __future__ import annotations

from dataclasses import asdict, dataclass, fields
from typing import TYPE_CHECKING, Any

from xpert.errors import InputError

if TYPE_CHECKING:
    from collections.abc import Mapping


@dataclass(frozen=True, slots=True, kw_only=True)
class ModelConfig:
    """Sizes of the Perturbation Perceiver and the Cell Encoder.

    Attributes
    ----------
    genes
        Genes that have an identity of their own.
    gene_width, compound_width
        Widths of the fixed vectors of a perturbed gene and of a compound.
    prior_width
        Width of the fixed vector of prior knowledge per measured gene.
    impact_channels
        Ways in which a perturbation is known to touch a gene.
    modalities
        Names of the modalities, in the order of their embeddings.
    signature_rank
        Numbers in which the auxiliary head describes a response's direction.
    width
        Width of every token.
    heads
        Attention heads; divides `width`.
    tokens
        Unified perturbation tokens that a treatment becomes.
    perceiver_depth, depth
        Rounds of the resampler; blocks of the Cell Encoder.
    gene_latents
        Latents through which long gene lists attend to themselves.
    exact_up_to
        Gene lists up to this length attend to themselves exactly; longer ones through `gene_latents`.
    bottleneck
        Whether a longer list is read once into the latents, and every block works on those; otherwise every block
        reads and writes every gene, as in networks that were saved before there was the choice.
    dropout, feature_dropout
        Shares dropped in training: of activations, and of the fixed vectors' entries.
    """

    genes: int
    gene_width: int
    compound_width: int
    prior_width: int
    impact_channels: int
    modalities: tuple[str, ...]
    signature_rank: int = 16
    width: int = 64
    heads: int = 4
    tokens: int = 4
    perceiver_depth: int = 1
    depth: int = 2
    gene_latents: int = 64
    exact_up_to: int = 512
    bottleneck: bool = False
    dropout: float = 0.1
    feature_dropout: float = 0.1

    def __post_init__(self) -> None:
        object.__setattr__(self, "modalities", tuple(self.modalities))
        for name in _COUNTS:
            value = getattr(self, name)
            if not isinstance(value, int) or isinstance(value, bool) or not 1 <= value <= _LARGEST:
                raise InputError(
                    f"The network's {name} is a whole number from 1 to {_LARGEST}, not {value!r}."
                )
        if not isinstance(self.bottleneck, bool):
            raise InputError(f"The network's bottleneck is true or false, not {self.bottleneck!r}.")
        for name in ("dropout", "feature_dropout"):
            if not 0 <= getattr(self, name) < 1:
                raise InputError(f"The network's {name} is a share from 0 to below 1.")
        if self.width % self.heads:
            raise InputError(f"The network's width {self.width} is not divisible by its {self.heads} heads.")
        if not self.modalities:
            raise InputError("The network needs at least one modality.")

    def to_mapping(self) -> dict[str, Any]:
        """Plain types only, for JSON."""
        return asdict(self) | {"modalities": list(self.modalities)}

    @classmethod
    def from_mapping(cls, mapping: Mapping[str, Any]) -> ModelConfig:
        """Read what `to_mapping` wrote.

        Raises
        ------
        InputError
            When a key is missing, unknown or of the wrong kind.
        """
        known = {f.name for f in fields(cls)}
        if unknown := sorted(mapping.keys() - known):
            raise InputError(f"The network's configuration has unknown entries: {', '.join(unknown)}.")
        try:
            return cls(**mapping)
        except TypeError as error:
            raise InputError(f"The network's configuration cannot be read: {error}.") from error


_LARGEST = 1_000_000
_COUNTS = tuple(
    f.name
    for f in fields(ModelConfig)
    if f.name not in {"modalities", "dropout", "feature_dropout", "bottleneck"}
)
