"""Control cells of a reader's file, laid out on the genes of a model."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import numpy as np

from xpert.data.responses import Context
from xpert.errors import InputError

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    import numpy.typing as npt

    from xpert.data.dataset import PerturbationDataset
    from xpert.data.matrix import Cells
    from xpert.model.bundle import Bundle

LEAST_SHARE = 0.5
_SHOWN = 5


@dataclass(frozen=True, eq=False)
class PlacedContext:
    """A context on every gene of a model.

    Attributes
    ----------
    context
        On the model's genes; where the reader did not measure a gene it holds the mean of the model's own contexts.
    is_measured
        Which genes were measured, bool, shape ``(genes,)``; only these are predicted.
    is_own
        Whether it is one of the model's own contexts.
    """

    context: Context
    is_measured: npt.NDArray[np.bool_]
    is_own: bool

    @property
    def missing(self) -> tuple[str, ...]:
        """The model's genes that were not measured."""
        return tuple(
            gene for gene, known in zip(self.context.genes, self.is_measured, strict=True) if not known
        )


def find_name(name: str, known: Iterable[str]) -> str | None:
    """The known name that is equal regardless of case, or None."""
    return next((k for k in known if k.casefold() == name.casefold()), None)


def check_takes_cells(bundle: Bundle) -> None:
    """Raise where a model predicts differences to control and so takes no control cells.

    Raises
    ------
    InputError
        Naming the model's own contexts.
    """
    if bundle.readout.is_differential:
        raise InputError(
            f"{bundle.name} predicts a {bundle.readout.label} and takes no control cells; choose one of its "
            f"own contexts instead: {listed(bundle.contexts)}."
        )


def context_from_dataset(
    dataset: PerturbationDataset, bundle: Bundle, context_name: str, *, shown_as: str | None = None
) -> Context:
    """Control cells of one context of a file, on those genes of the model that the file holds.

    Genes meet by name: equal spelling first, then previous symbols, aliases and Ensembl ids. What the file
    lacks is what `missing_genes` says of the result.

    Parameters
    ----------
    dataset
        The reader's file.
    bundle
        The model that will be asked.
    context_name
        Name inside the file, regardless of case.
    shown_as
        Another name for it, where the file states none. The model's own spelling is taken where only case
        differs: the context is then one that the model knows.

    Raises
    ------
    InputError
        Where the model takes no control cells, the file's organism or readout is another one, or fewer than
        half of the model's genes are in the file.
    """
    check_takes_cells(bundle)
    if dataset.organism not in {bundle.organism, "unknown"}:
        raise InputError(
            f"The file's genes are {dataset.organism} and {bundle.name} is a model of {bundle.organism} cells; "
            "translate the genes to their orthologues first."
        )
    if dataset.readout is not bundle.readout:
        raise InputError(
            f"The file's values are {dataset.readout.label} and {bundle.name} works on {bundle.readout.label}. "
            "Give raw counts, or values in that unit, for example in another layer of the file."
        )
    context = dataset.context(find_name(context_name, dataset.contexts) or context_name)
    places = match_genes(context.genes, bundle.genes)
    _check_share(int((places >= 0).sum()), bundle)
    genes = tuple(gene for gene, place in zip(bundle.genes, places, strict=True) if place >= 0)
    rows = places[places >= 0]
    wanted = shown_as or context.name
    name = find_name(wanted, bundle.contexts) or wanted
    return replace(
        context, name=name, genes=genes, control=context.control[rows], spread=context.spread[rows]
    )


def control_cells(dataset: PerturbationDataset, context_name: str, genes: Sequence[str]) -> Cells:
    """Values of one context's control cells, shape ``(control cells, genes)``.

    Parameters
    ----------
    dataset
        The reader's file.
    context_name
        As the file spells it.
    genes
        As a prediction spells them; each is in the file.

    Raises
    ------
    KeyError
        When a gene is not in the file.
    """
    places = match_genes(dataset.genes, genes)
    if (places < 0).any():
        raise KeyError(listed(gene for gene, place in zip(genes, places, strict=True) if place < 0))
    return dataset.expression(dataset.control_rows(context_name))[:, places]


def match_genes(measured: Sequence[str], wanted: Sequence[str]) -> npt.NDArray[np.intp]:
    """Place of each wanted gene among the measured ones, −1 where it is not there, shape ``(wanted,)``."""
    place = {gene: i for i, gene in reversed(list(enumerate(measured)))}
    found = np.array([place.get(gene, -1) for gene in wanted], dtype=np.intp)
    if (found >= 0).all():
        return found
    from xpert.data.genes import GeneNames

    names = GeneNames.load()
    taken = set(found.tolist())
    free: dict[str, int] = {}
    for i, gene in enumerate(measured):
        symbol = names.resolve(gene)
        if i not in taken and symbol is not None:
            free.setdefault(symbol, i)
    for i in np.flatnonzero(found < 0).tolist():
        symbol = names.resolve(wanted[i])
        found[i] = free.pop(symbol, -1) if symbol is not None else -1
    return found


def missing_genes(context: Context, bundle: Bundle) -> tuple[str, ...]:
    """The model's genes that a context does not hold."""
    held = set(context.genes)
    return tuple(gene for gene in bundle.genes if gene not in held)


def placed(context: str | Context, bundle: Bundle) -> PlacedContext:
    """A context by name, or one that the reader measured, on every gene of the model.

    A model of differences to control takes a new context without control values: its name and covariates are all
    that is known of it, until measured treatments say more.

    Raises
    ------
    InputError
        Where the model has no context of that name, takes no control cells, or too few genes are shared.
    """
    if isinstance(context, str):
        name = find_name(context, bundle.contexts)
        if name is None:
            raise InputError(f"{bundle.name} has no context {context!r}; it has: {listed(bundle.contexts)}.")
        return PlacedContext(bundle.contexts[name], np.ones(len(bundle.genes), dtype=bool), is_own=True)
    if bundle.readout.is_differential and not np.nan_to_num(context.control).any():
        own = find_name(context.name, bundle.contexts)
        return placed(own, bundle) if own is not None else _without_control(context, bundle)
    check_takes_cells(bundle)
    return _filled(context, bundle)


def listed(names: Iterable[str], *, most: int = 12) -> str:
    """Names for a message, the first few and how many more there are."""
    names = list(names)
    more = f" and {len(names) - most:,} more" if len(names) > most else ""
    return ", ".join(names[:most]) + more


def _without_control(context: Context, bundle: Bundle) -> PlacedContext:
    _check_share(int((match_genes(context.genes, bundle.genes) >= 0).sum()), bundle)
    spread = np.mean([c.spread for c in bundle.contexts.values()], axis=0)
    nothing = np.zeros(len(bundle.genes), dtype=np.float32)
    new = Context(context.name, bundle.genes, nothing, spread, covariates=context.covariates)
    return PlacedContext(new, np.ones(len(bundle.genes), dtype=bool), is_own=False)


def _filled(context: Context, bundle: Bundle) -> PlacedContext:
    places = match_genes(context.genes, bundle.genes)
    is_measured = places >= 0
    _check_share(int(is_measured.sum()), bundle)
    own = list(bundle.contexts.values())
    usual = Context(
        name=find_name(context.name, bundle.contexts) or context.name,
        genes=bundle.genes,
        control=np.mean([c.control for c in own], axis=0),
        spread=np.mean([c.spread for c in own], axis=0),
        cells=context.cells,
        covariates=context.covariates,
    )
    full = replace(
        usual,
        control=np.where(is_measured, context.control[places], usual.control),
        spread=np.where(is_measured, context.spread[places], usual.spread),
    )
    return PlacedContext(full, is_measured, is_own=False)


def _check_share(found: int, bundle: Bundle) -> None:
    wanted = len(bundle.genes)
    if found < LEAST_SHARE * wanted:
        raise InputError(
            f"Only {found:,} of the {wanted:,} genes of {bundle.name} are in the file; at least half are needed. "
            f"Is it the right model, and are the genes human symbols or Ensembl ids? It looks for {listed(bundle.genes, most=_SHOWN)}."
        )
