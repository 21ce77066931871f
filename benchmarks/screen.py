"""Time a screen: rank treatments for an objective, from names to a table with p values, intervals and evidence.

    python benchmarks/screen.py [--models l1000 perturbseq] [--treatments 10000] [--threads 2]

The objective is a Hallmark set of about the usual size. Compound models rank their library of compounds, then genes.
A model of genes ranks pairs of a measured perturbation with any known gene, since of those it predicts a shift. Seconds
of work are those of all cores together: on a machine that does other things the clock runs ahead of them.
"""

from __future__ import annotations

import argparse
import resource
import time

AIM = 60.0


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--models", nargs="+", default=["l1000", "perturbseq"])
    parser.add_argument("--treatments", type=int, default=10_000)
    parser.add_argument("--threads", type=int, default=2)
    args = parser.parse_args()
    import torch
    from threadpoolctl import threadpool_limits

    torch.set_num_threads(args.threads)
    with threadpool_limits(args.threads):
        for model in args.models:
            show(model, args.treatments)


def show(model: str, count: int) -> None:
    from xpert.model.bundle import load_bundle

    bundle = load_bundle(model)
    for label, treatments in libraries(bundle, count):
        report(bundle, label, treatments)


def report(bundle, label: str, treatments: list) -> None:
    from xpert.design.objective import Objective
    from xpert.design.screen import screen

    objective = Objective.pathway("HALLMARK_TNFA_SIGNALING_VIA_NFKB", "down")
    started, worked = time.perf_counter(), time.process_time()
    ranking = screen(bundle, objective, [next(iter(bundle.contexts))], treatments)
    seconds, work = time.perf_counter() - started, time.process_time() - worked
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    print(
        f"{bundle.name:11s} {label:46s} {len(treatments):7,} treatments × {len(bundle.genes):,} genes  "
        f"{seconds:6.1f} s, {work:6.1f} s of work  ({len(treatments) / seconds:,.0f} a second, {ranking.ranked:,} ranked; aim: under "
        f"{AIM:.0f} s for 10,000)  peak {peak:,.0f} MB"
    )


def libraries(bundle, count: int) -> list[tuple[str, list]]:
    """Treatments by what they are, `count` of each."""
    from xpert.design.candidates import candidates
    from xpert.perturbation import Treatment

    library = list(candidates(bundle, "library"))
    kinds = {
        "measured and library, in the library's order": library,
        "compounds": [t for t in library if not next(iter(t.perturbations)).modality.is_genetic],
        "genes": [t for t in library if next(iter(t.perturbations)).modality.is_genetic],
    }
    if any(len(c.treatment) > 1 for c in bundle.training.conditions):
        singles = [t for t in library if len(t) == 1]
        known = [c.treatment for c in bundle.training.conditions if len(c.treatment) == 1]
        pairs = (
            Treatment(a.perturbations | b.perturbations)
            for b in singles
            for a in known
            if a.targets != b.targets
        )
        kinds = {"pairs of a measured perturbation with any gene": list(dict.fromkeys(pairs))[: 2 * count]}
    return [(label, found[:count]) for label, found in kinds.items() if len(found) >= min(count, 1_000)]


if __name__ == "__main__":
    main()
