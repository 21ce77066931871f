"""Drug–gene association: from a compound to genes, and from a gene to compounds, each with its direction."""

from __future__ import annotations

from collections import Counter
from functools import lru_cache
from typing import TYPE_CHECKING, NamedTuple

import numpy as np
import pandas as pd

from xpert.errors import InputError, UnknownTargetError
from xpert.features.compounds import Compound
from xpert.features.similarity import compound_direction
from xpert.model.likeness import unit
from xpert.perturbation import Modality, Perturbation, Treatment
from xpert.perturbverse.chance import false_discovery_rate
from xpert.perturbverse.embed import as_measured, signatures
from xpert.perturbverse.targets import TargetLibrary

if TYPE_CHECKING:
    from collections.abc import Sequence

    from xpert.data.responses import Floats
    from xpert.model.bundle import Bundle

COLUMNS = (
    "target", "direction", "score", "p_value", "q_value", "known", "response", "response_p_value", "evidence",
)  # fmt: skip
LOWERS, RAISES, NOT_KNOWN = "lowers", "raises", "not known"
_CLEAR = 0.05
# Share of similar compounds whose direction counts; less is an echo of a few distant ones.
_FAINT = 0.01


def associate(bundle: Bundle, treatment: Treatment, *, k: int | None = None) -> pd.DataFrame:
    """Genes that a compound may act through, or compounds that may act through a gene.

    Parameters
    ----------
    bundle
        The model whose responses are compared, and whose compounds are ranked for a gene.
    treatment
        One compound, or one gene with the way it is perturbed.
    k
        How many to give at most; all without it.

    Returns
    -------
    The strongest first, columns `COLUMNS`. ``score`` is the share of compounds of similar structure that are known to hit
    the gene, some of it passed on within pathways; the compound itself and its salts never count. ``p_value`` is the share
    of 300 compounds drawn at random, without those known to hit the gene, for which it scores as high (1/301 at the least),
    and ``q_value`` the same corrected for all rows (Benjamini and Hochberg 1995). ``known`` says whether the pair stands in the annotations.
    ``response`` is the cosine of the two responses, positive where the compound does what perturbing the gene does, and
    ``response_p_value`` the two-sided share of other genes or compounds with one as far from 0, times the number of ways
    in which the gene was perturbed; both are missing where the model has not measured the gene. ``direction`` is what the compound does to the gene's activity: by the mechanisms of
    the known and similar compounds, else by a response that is clear among all that were compared.

    Raises
    ------
    InputError
        For a combination, for control, for a compound without structure, and for a gene where the bundle has no compounds.
    UnknownTargetError
        For a target of which nothing is known.
    """
    if not treatment.active.is_control:
        treatment = as_measured(bundle, treatment)
    if len(treatment.active) != 1:
        raise InputError(
            "Associations are between one compound and one gene; name one of them, for example gefitinib@1uM."
        )
    (perturbation,) = treatment.active.ordered
    if perturbation.modality.is_genetic:
        table = _compounds_for(bundle, perturbation)
    else:
        table = _genes_for(bundle, treatment.active, perturbation)
    table["q_value"] = false_discovery_rate(table["p_value"].to_numpy(float))
    ranked = table.sort_values(["score", "target"], ascending=[False, True], ignore_index=True)
    return ranked[list(COLUMNS)].head(k) if k else ranked[list(COLUMNS)]


def _genes_for(bundle: Bundle, treatment: Treatment, perturbation: Perturbation) -> pd.DataFrame:
    library, compound = TargetLibrary.load(), _described(bundle, perturbation.target)
    weights = library.weights([compound])
    scores = library.scores(weights)[0]
    signs = (weights @ library.directed)[0]
    own = compound_direction(compound.mechanisms)
    responses = _gene_responses(bundle, treatment)
    everywhere = np.arange(len(library.genes))
    rows = []
    for gene, score, p_value, sign in zip(
        library.genes, scores, library.p_values(scores, everywhere), signs, strict=True
    ):
        known, response = gene in compound.targets, responses.get(gene)
        said = float(own) if known and own else float(sign)
        rows.append(
            (
                gene,
                _direction(said, response),
                float(score),
                float(p_value),
                known,
                response.cosine if response else np.nan,
                response.p_value if response else np.nan,
            )
        )
    table = pd.DataFrame(rows, columns=[name for name in COLUMNS if name not in {"evidence", "q_value"}])
    listed = [library.vouching(weights[0], column) for column in range(len(library.genes))]
    return table.assign(evidence=[_words(k, names) for k, names in zip(table["known"], listed, strict=True)])


def _compounds_for(bundle: Bundle, perturbation: Perturbation) -> pd.DataFrame:
    compounds = _bundle_compounds(bundle)
    if not compounds:
        raise InputError(
            f"{bundle.name} has measured no compound of known structure, so that none can be ranked for a gene; "
            "ask a model of compounds, such as l1000."
        )
    gene = bundle.features.gene(perturbation.target)
    library = TargetLibrary.load()
    column = library.place(gene)
    found = _library_scores(bundle)
    responses = _compound_responses(bundle, perturbation)
    scores = found.scores[:, column]
    p_values = library.p_values(scores, np.full(len(scores), column))
    rows = []
    for row, compound in enumerate(compounds):
        known, response = gene in compound.targets, responses.get(compound.name)
        own = compound_direction(compound.mechanisms) if known else 0
        said = float(own) or float(found.weights[row] @ library.directed[:, column])
        rows.append(
            (
                compound.name,
                _direction(said, response),
                float(scores[row]),
                float(p_values[row]),
                known,
                response.cosine if response else np.nan,
                response.p_value if response else np.nan,
                _words(known, library.vouching(found.weights[row], column)),
            )
        )
    return pd.DataFrame(rows, columns=[name for name in COLUMNS if name != "q_value"])


class _Response(NamedTuple):
    """How the response to a compound compares with that to perturbing a gene."""

    cosine: float
    p_value: float
    direction: int
    """+1 where the gene was raised, -1 where it was lowered, 0 where the response is not clear among all compared."""

    @property
    def sign(self) -> float:
        """What the compound does to the gene's activity, where the response says it clearly; else 0."""
        return float(np.sign(self.cosine)) * self.direction


def _direction(said: float, response: _Response | None) -> str:
    sign = said if abs(said) > _FAINT else (response.sign if response else 0.0)
    return NOT_KNOWN if sign == 0 else RAISES if sign > 0 else LOWERS


def _words(known: bool, similar: str) -> str:  # noqa: FBT001
    parts = ["known target"] if known else []
    parts += [f"target of similar compounds: {similar}"] if similar else []
    return "; ".join(parts) or "shares pathways with targets of similar compounds"


def _gene_responses(bundle: Bundle, treatment: Treatment) -> dict[str, _Response]:
    """The compound's response against that of each single gene that was measured."""
    if Modality.COMPOUND not in bundle.modalities:
        return {}
    own = signatures(bundle, [treatment])
    singles = [(row, p) for row, p in _singles(bundle) if p.modality.is_genetic]
    if not own.any() or not singles:
        return {}
    return _compared(bundle, own, singles, [p.target for _, p in singles])


def _compound_responses(bundle: Bundle, perturbation: Perturbation) -> dict[str, _Response]:
    """The gene's response against that of each single compound."""
    if perturbation.modality not in bundle.modalities:
        return {}
    own = signatures(bundle, [Treatment.of(perturbation)])
    if not own.any():
        return {}
    compounds = [(row, p) for row, p in _singles(bundle) if not p.modality.is_genetic]
    acting = [(row, perturbation) for row, _ in compounds]
    return _compared(bundle, own, acting, [p.target for _, p in compounds])


def _compared(
    bundle: Bundle, own: Floats, singles: Sequence[tuple[int, Perturbation]], names: Sequence[str]
) -> dict[str, _Response]:
    """Cosine with each, beside the share of all that are as far from 0; the clearest of several for one name."""
    rows = [row for row, _ in singles]
    cosine = unit(bundle.signatures.values[rows]) @ unit(own)[0]
    size = np.sort(np.abs(cosine))
    p_value = (1 + len(size) - np.searchsorted(size, np.abs(cosine), side="left")) / (1 + len(size))
    best: dict[str, int] = {}
    for i, name in enumerate(names):
        if name not in best or p_value[i] < p_value[best[name]]:
            best[name] = i
    ways = Counter(names)
    corrected = np.array([min(1.0, ways[name] * float(p_value[i])) for name, i in best.items()])
    clear = false_discovery_rate(corrected) <= _CLEAR
    return {
        name: _Response(float(cosine[i]), float(p), singles[i][1].modality.direction if is_clear else 0)
        for (name, i), p, is_clear in zip(best.items(), corrected, clear, strict=True)
    }


def _singles(bundle: Bundle) -> list[tuple[int, Perturbation]]:
    """Rows of the treatments that are one perturbation."""
    return [(row, t.ordered[0]) for row, t in enumerate(bundle.signatures.treatments) if len(t) == 1]


def _described(bundle: Bundle, name: str) -> Compound:
    compound = bundle.features.compound(name)
    if compound is None:
        raise UnknownTargetError(name, bundle.features.compounds.names, what="compound")
    if compound.smiles is None:
        raise InputError(f"The structure of {name} is not known, so that no similar compounds can be found.")
    return compound


@lru_cache(maxsize=8)
def _bundle_compounds(bundle: Bundle) -> tuple[Compound, ...]:
    """Measured compounds of known structure under the bundle's own names."""
    names = dict.fromkeys(p.target for _, p in _singles(bundle) if not p.modality.is_genetic)
    found = [(name, bundle.features.compound(name)) for name in names]
    return tuple(Compound(n, c.smiles, c.targets, c.mechanisms, c.key) for n, c in found if c and c.smiles)


class _Scores(NamedTuple):
    weights: Floats
    scores: Floats


@lru_cache(maxsize=4)
def _library_scores(bundle: Bundle) -> _Scores:
    """What the library says of every compound of a bundle."""
    library = TargetLibrary.load()
    weights = library.weights(_bundle_compounds(bundle))
    return _Scores(weights, library.scores(weights))
