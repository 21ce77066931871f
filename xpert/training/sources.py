"""The data of a recipe: responses, and what only the cells behind them can tell."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import numpy as np

from xpert.errors import InputError
from xpert.model.metrics import pearson
from xpert.training.gene_choice import often_measured_genes, variable_genes

if TYPE_CHECKING:
    from collections.abc import Mapping

    from xpert.data.dataset import PerturbationDataset
    from xpert.data.responses import Floats, Responses
    from xpert.features.treatments import TreatmentFeatures
    from xpert.training.recipe import DataSection

HALVINGS = 3
FEWEST_CONDITIONS = 5


@dataclass(frozen=True, eq=False)
class TrainingData:
    """What a bundle is made from.

    Attributes
    ----------
    responses
        Every condition that is used.
    halves
        The same conditions as two disjoint halves of the cells measured them; None where there are no cells.
    reliability
        Correlation between halves, mean over several halvings, shape ``(conditions,)``; NaN where not known.
    organism
        ``human`` or ``mouse``.
    notes
        What was left out and what was done to the values, in words.
    """

    responses: Responses
    halves: tuple[Responses, Responses] | None
    reliability: Floats
    organism: str
    notes: tuple[str, ...]

    @property
    def reliability_of_contexts(self) -> dict[str, float]:
        """Median correlation between halves in each context where it is known."""
        where = np.array([c.context for c in self.responses.conditions])
        known = np.isfinite(self.reliability)
        return {
            context.name: float(np.median(self.reliability[known & (where == context.name)]))
            for context in self.responses.contexts
            if (known & (where == context.name)).any()
        }


def gather(section: DataSection, seed: int) -> TrainingData:
    """Read what a recipe names.

    Raises
    ------
    InputError
        When it cannot be read, or holds too few conditions to learn from.
    """
    if section.file is not None:
        return _from_file(section, seed)
    from xpert.data.collections import load_responses

    assert section.collection is not None
    assert section.folder is not None
    whole = load_responses(section.collection, section.folder)
    responses = _on_genes(whole, often_measured_genes(whole, section.most_genes))
    unknown = np.full(len(responses), np.nan)
    return TrainingData(_enough(responses), None, unknown, section.organism, ())


def parent_compounds(responses: Responses, features: TreatmentFeatures) -> Mapping[str, str]:
    """What each compound is in truth, so that salts and stereoisomers of one parent share a fold."""
    compounds = {
        p.target for c in responses.conditions for p in c.treatment.perturbations if not p.modality.is_genetic
    }
    found = {name: features.compound(name) for name in sorted(compounds)}
    return {name: compound.identity for name, compound in found.items() if compound is not None}


def _from_file(section: DataSection, seed: int) -> TrainingData:
    from xpert.data.open import open_dataset

    assert section.file is not None
    dataset = open_dataset(section.file, mapping=section.mapping)
    measured = dataset.responses(minimum_cells=section.minimum_cells)
    genes = variable_genes(dataset, section.most_genes, seed=seed)
    responses = _enough(_on_genes(measured, genes))
    halvings = [_halves(dataset, responses, seed + number) for number in range(HALVINGS)]
    agreement = [pearson(first.delta, second.delta) for first, second in halvings]
    return TrainingData(
        responses,
        halvings[0],
        np.mean(agreement, axis=0),
        dataset.organism,
        _notes(dataset, measured, responses, section),
    )


def _halves(dataset: PerturbationDataset, responses: Responses, seed: int) -> tuple[Responses, Responses]:
    """Means of two disjoint halves of the cells of every condition and of every control."""
    draw = np.random.default_rng([seed, len(dataset.group_codes)])
    order = draw.permutation(len(dataset.group_codes))
    # Every second cell of each group in a random order: halves differ by one cell at most.
    by_group = order[np.argsort(dataset.group_codes[order], kind="stable")]
    codes = dataset.group_codes[by_group]
    starts = np.searchsorted(codes, codes)
    side = np.empty(len(codes), dtype=np.intp)
    side[by_group] = (np.arange(len(codes)) - starts) % 2
    first, second = (
        replace(dataset, group_codes=np.where(side == half, dataset.group_codes, -1)).responses()
        for half in (0, 1)
    )
    return _matching(first, responses), _matching(second, responses)


def _matching(half: Responses, responses: Responses) -> Responses:
    """The conditions and genes of `responses`, in their order."""
    row = {condition: i for i, condition in enumerate(half.conditions)}
    return _on_genes(half.take([row[c] for c in responses.conditions]), responses.genes)


def _on_genes(responses: Responses, genes: tuple[str, ...]) -> Responses:
    if responses.genes == genes:
        return responses
    place = {gene: i for i, gene in enumerate(responses.genes)}
    columns = np.array([place[gene] for gene in genes], dtype=np.intp)
    return replace(
        responses,
        genes=genes,
        contexts=tuple(context.aligned(genes) for context in responses.contexts),
        delta=responses.delta[:, columns],
        spread=responses.spread[:, columns],
    )


def _enough(responses: Responses) -> Responses:
    distinct = len({c.treatment for c in responses.conditions})
    if distinct < FEWEST_CONDITIONS:
        raise InputError(
            f"The data hold {distinct} treatments with enough cells; a model needs at least {FEWEST_CONDITIONS}."
        )
    return responses


def _notes(
    dataset: PerturbationDataset, measured: Responses, used: Responses, section: DataSection
) -> tuple[str, ...]:
    notes = [f"Values: {step}" for step in dataset.normalisation]
    notes += [f"{cells:,} cells left out: {reason}." for reason, cells in dataset.left_out.items()]
    if few := len(dataset.conditions) - len(measured):
        notes.append(f"{few:,} conditions left out: fewer than {section.minimum_cells} cells.")
    if len(used.genes) < len(measured.genes):
        notes.append(
            f"{len(used.genes):,} of {len(measured.genes):,} genes are predicted: the perturbed ones, and those "
            "that vary most among control cells."
        )
    return tuple(notes)
