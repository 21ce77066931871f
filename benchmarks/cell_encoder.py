"""Time the Cell Encoder against attention between all genes, of the same width and depth.

    python benchmarks/cell_encoder.py [--genes 1000 2000 5000 20000] [--write]

The Cell Encoder reads genes once into latents and runs its blocks on those; the other one runs as many blocks on every
gene, every gene attending to every gene and to the perturbation, which is how X-Pert does it. Both use torch's fused
attention. They run in one process, turn by turn, and the median of the turns counts. ``--write`` puts the table into
docs/benchmarks/speed.md.
"""

from __future__ import annotations

import argparse
import platform
import statistics
import subprocess
import sys
import time
from functools import partial
from pathlib import Path

import torch

PAGE = Path(__file__).parents[1] / "docs" / "benchmarks" / "speed.md"
BEGIN, END = "<!-- cell encoder: begin -->", "<!-- cell encoder: end -->"
LATENT, FULL = "latent", "full"
# Cells that one step holds in all, counted in genes; and the longest list on which every gene meets every gene.
GENES_A_STEP, LONGEST_FULL = 16_000, 5_000
TURNS = 5
CHANNELS, PRIOR, LATENTS = 3, 64, 16


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("--genes", type=int, nargs="+", default=[1_000, 2_000, 5_000, 20_000])
    parser.add_argument("--write", action="store_true")
    parser.add_argument(
        "--memory-of", nargs=2, metavar=("KIND", "GENES"), help="internal: one step, then its peak"
    )
    args = parser.parse_args()
    torch.set_num_threads(1)
    if args.memory_of:
        print(peak_memory(args.memory_of[0], int(args.memory_of[1])))
        return
    text = report(args.genes)
    print(text)
    if args.write:
        write(text)


def report(lengths: list[int]) -> str:
    torch.manual_seed(0)
    rate = matrix_rate()
    lines = [
        f"Cell Encoder (latent: genes are read once into {LATENTS} latents, blocks work on these, genes read them) against "
        "blocks on every gene with attention between all genes (full). Both: width 64, 4 heads, 2 blocks, fp32, "
        f"one thread, torch {torch.__version__}, {platform.machine()}. Cells a second of processor time, median of turns; "
        "training is forward and backward; a step holds up to "
        f"{GENES_A_STEP:,} genes in all. This form is `bottleneck = true`, `gene_latents = {LATENTS}` in a recipe, and not the default. "
        "Peak memory is that of one training step of one cell, over the same "
        "process without it.",
        "",
        "| genes | forward: latent | full | ratio | training: latent | full | ratio | memory: latent | full |",
        "|--:|--:|--:|--:|--:|--:|--:|--:|--:|",
    ]
    measured = {genes: measure(genes) for genes in lengths}
    lines += [row(genes, measured) for genes in lengths]
    first, last = min(lengths), max(lengths)
    growth = measured[first]["forward", LATENT] / measured[last]["forward", LATENT]
    lines += [
        "",
        "Numbers after ≈ were not measured: full attention was not run on more than "
        f"{LONGEST_FULL:,} genes, and is extrapolated from there with the square of the genes. At 20,000 genes "
        "the scores of one layer and one cell alone would take "
        f"{4 * 20_000**2 * 4 / 2**30:.1f} GiB unfused.",
        f"From {first:,} to {last:,} genes ({last / first:.0f} times as many) a cell takes {growth:.1f} times as long "
        "in the Cell Encoder.",
        "",
        *arithmetic(rate),
        *precision(),
        *batches(),
    ]
    return "\n".join(lines)


def row(genes: int, measured: dict[int, dict[tuple[str, str], float]]) -> str:
    cells = [f"{genes:,}"]
    for step in ("forward", "training"):
        ours, theirs = measured[genes][step, LATENT], measured[genes].get((step, FULL))
        mark = ""
        if theirs is None:
            known = max(n for n in measured if (step, FULL) in measured[n])
            theirs, mark = measured[known][step, FULL] * (known / genes) ** 2, "≈"
        cells += [f"{ours:.2f}", f"{mark}{theirs:.3g}", f"{mark}{ours / theirs:.1f}"]
    cells.append(memory(LATENT, genes))
    cells.append(memory(FULL, genes) if genes <= LONGEST_FULL else "not run")
    return "| " + " | ".join(cells) + " |"


def encoder(kind: str, genes: int):
    from xpert.model.cell_encoder import cell_encoder
    from xpert.model.config import ModelConfig

    torch.manual_seed(0)
    return cell_encoder(
        ModelConfig(
            genes=genes,
            gene_width=64,
            compound_width=64,
            prior_width=PRIOR,
            impact_channels=CHANNELS,
            modalities=("knockout",),
            exact_up_to=genes if kind == FULL else 1,
            gene_latents=LATENTS,
            bottleneck=True,
        )
    )


def inputs(genes: int, cells: int):
    draw = torch.Generator().manual_seed(1)
    return (
        torch.arange(genes),
        torch.rand(cells, genes, generator=draw),
        torch.zeros(cells, genes, CHANNELS),
        torch.randn(cells, genes, generator=draw),
    ), torch.randn(cells, 4, 64, generator=draw)


def forward(module, cell, perturbation) -> None:
    module.eval()
    with torch.inference_mode():
        module(module.tokens(*cell), perturbation)


def training(module, cell, perturbation) -> None:
    module.train()
    module.zero_grad()
    module(module.tokens(*cell), perturbation).square().mean().backward()


def measure(genes: int) -> dict[tuple[str, str], float]:
    """Cells a second of each step and kind."""
    cells = max(1, GENES_A_STEP // genes)
    kinds = (LATENT, FULL) if genes <= LONGEST_FULL else (LATENT,)
    ways = {
        (step.__name__, kind): partial(step, encoder(kind, genes), *inputs(genes, cells))
        for kind in kinds
        for step in (forward, training)
    }
    seconds = turns(ways)
    return {way: cells / taken for way, taken in seconds.items()}


def turns(ways: dict) -> dict:
    """Median seconds of processor time of each way, which others on the machine disturb least; a first turn warms up."""
    taken: dict = {name: [] for name in ways}
    for turn in range(TURNS + 1):
        for name, way in ways.items():
            started = time.process_time()
            way()
            if turn:
                taken[name].append(time.process_time() - started)
    return {name: statistics.median(times) for name, times in taken.items()}


def memory(kind: str, genes: int) -> str:
    """In a process of its own, because a process never gives its peak back."""
    command = [sys.executable, __file__, "--memory-of", kind, str(genes)]
    done = subprocess.run(command, capture_output=True, text=True, check=True)
    return f"{float(done.stdout):.0f} MiB"


def peak_memory(kind: str, genes: int) -> float:
    module, (cell, perturbation) = encoder(kind, genes), inputs(genes, 1)
    warm, (small, heard) = encoder(kind, 10), inputs(10, 1)
    training(warm, small, heard)
    # Forgets the peak of the import, and of the process that this one was started from (Linux).
    Path("/proc/self/clear_refs").write_text("5", encoding="ascii")
    before = _peak()
    training(module, cell, perturbation)
    return (_peak() - before) / 1024


def _peak() -> int:
    """Largest memory held so far, KiB."""
    status = Path("/proc/self/status").read_text(encoding="ascii").splitlines()
    return next(int(line.split()[1]) for line in status if line.startswith("VmHWM"))


def matrix_rate(size: int = 1024) -> float:
    """Floating point operations a second of a matrix product, the best of some."""
    a, b = torch.randn(size, size), torch.randn(size, size)
    best = float("inf")
    for _ in range(20):
        started = time.process_time()
        torch.mm(a, b)
        best = min(best, time.process_time() - started)
    return 2 * size**3 / best


def operations(kind: str, genes: int) -> int:
    """Counted on tensors without contents, with attention spelled out, so that all of it is counted."""
    from torch.nn.attention import SDPBackend, sdpa_kernel
    from torch.utils.flop_counter import FlopCounterMode

    module = encoder(kind, genes).eval().to("meta")
    cell, perturbation = inputs(genes, 1)
    module.requires_grad_(requires_grad=False)
    with sdpa_kernel(SDPBackend.MATH), FlopCounterMode(display=False) as counter:
        module(module.tokens(*(part.to("meta") for part in cell)), perturbation.to("meta"))
    return counter.get_total_flops()


def arithmetic(rate: float, genes: int = 2_000) -> list[str]:
    lines = [
        f"A product of 1,024 × 1,024 matrices runs at {rate / 1e9:.0f} GFLOP/s here. Of that the forward pass on "
        f"{genes:,} genes reaches, from the operations counted in its matrix products:",
        "",
    ]
    cells = GENES_A_STEP // genes
    ways = {kind: partial(forward, encoder(kind, genes), *inputs(genes, cells)) for kind in (LATENT, FULL)}
    for kind, seconds in turns(ways).items():
        work = cells * operations(kind, genes)
        lines.append(
            f"- {kind}: {work / cells / 1e9:.2f} GFLOP a cell, {work / seconds / 1e9:.1f} GFLOP/s "
            f"({work / seconds / rate:.0%})"
        )
    return [*lines, ""]


def precision(genes: int = 2_000) -> list[str]:
    module, (cell, perturbation) = encoder(LATENT, genes), inputs(genes, GENES_A_STEP // genes)

    def half() -> None:
        with torch.autocast("cpu", dtype=torch.bfloat16):
            forward(module, cell, perturbation)

    seconds = turns({"fp32": partial(forward, module, cell, perturbation), "bf16": half})
    return [
        f"bfloat16 on this processor runs at {seconds['fp32'] / seconds['bf16']:.2f} times the speed of fp32 "
        f"({genes:,} genes, forward), so that fp32 is taken on processors and bfloat16 on GPUs that compute in it.",
        "",
    ]


def batches(genes: int = 2_000) -> list[str]:
    from xpert.model.device import choose_batch_size, choose_device

    module = encoder(LATENT, genes)
    sizes = (1, 4, 16)
    seconds = turns({cells: partial(training, module, *inputs(genes, cells)) for cells in sizes})
    rates = ", ".join(f"{cells / seconds[cells]:.1f} with {cells}" for cells in sizes)
    with_width = choose_batch_size(_config_of(genes), choose_device())
    return [
        f"Training, {genes:,} genes, cells a second by cells a step: {rates}. Chosen for this device: {with_width}."
    ]


def _config_of(genes: int):
    from xpert.model.config import ModelConfig

    return ModelConfig(
        genes=genes,
        gene_width=64,
        compound_width=64,
        prior_width=PRIOR,
        impact_channels=CHANNELS,
        modalities=("knockout",),
    )


def write(text: str) -> None:
    """Between two marks, so that the rest of the page stays."""
    page = PAGE.read_text(encoding="utf-8") if PAGE.exists() else f"# Speed\n\n{BEGIN}\n{END}\n"
    if BEGIN not in page:
        page += f"\n{BEGIN}\n{END}\n"
    head, rest = page.split(BEGIN)
    tail = rest.split(END)[1]
    section = f"{BEGIN}\n## The Cell Encoder\n\n`python benchmarks/cell_encoder.py --write` prints:\n\n{text}\n{END}"
    PAGE.write_text(head + section + tail, encoding="utf-8")


if __name__ == "__main__":
    main()
