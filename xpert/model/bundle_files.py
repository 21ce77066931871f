"""A bundle on disk: safetensors, JSON, arrays, Parquet, CSV and Markdown; nothing that can run code.

======================  ==========================================================================
``config.json``         what it is, how large, which predictor answers what
``vocabulary.json``     names that the arrays refer to: genes, contexts, conditions, predictors
``weights.safetensors`` the network
``arrays.npz``          control profiles, measured shifts, latents, fitted baselines, calibration
``perturbverse.parquet``  one row a treatment
``skill.csv``           skill of every predictor on held-out conditions
``card.md``             data, split, skill, limits
``recipe.toml``         what made it
======================  ==========================================================================
"""

from __future__ import annotations

import json
import shutil
import zipfile
from typing import TYPE_CHECKING, Any

import numpy as np

from xpert import __version__
from xpert.data.readout import Readout
from xpert.data.responses import Condition, Context
from xpert.errors import InputError
from xpert.model.bundle import Bundle, Measured
from xpert.model.bundle_list import CARD, CONFIG, FORMAT, find_folder, read_config, read_json, read_text
from xpert.model.config import ModelConfig
from xpert.parquet import read_frame
from xpert.perturbation import Treatment

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping
    from pathlib import Path

    import pandas as pd

    from xpert.data.responses import Floats
    from xpert.model.baselines.blend import StoredPredictor
    from xpert.model.encode import Vocabulary
    from xpert.model.network import XPert
    from xpert.model.trained import TrainedNetwork

WEIGHTS, ARRAYS, VOCABULARY = "weights.safetensors", "arrays.npz", "vocabulary.json"
POINTS, SKILL, RECIPE = "perturbverse.parquet", "skill.csv", "recipe.toml"
LARGEST_BUNDLE = 20 * 2**20
LARGEST_ARRAYS = 400 * 2**20
# Signed ranks lie in −1 … 1; 127 steps each way fit a byte, and −128 marks what was not ranked.
RANK_STEPS, NOT_RANKED = 127, -128
# What draws the first weights of a network in place, or scales them, by the names of torch's functions.
DRAWS = frozenset({"normal_", "trunc_normal_", "uniform_", "kaiming_uniform_", "mul", "__mul__"})

Arrays = dict[str, np.ndarray]


def save(bundle: Bundle, folder: Path) -> None:
    """Write beside the target, check the size, and then take the target's place."""
    part = folder.with_name(f".{folder.name}.part")
    shutil.rmtree(part, ignore_errors=True)
    part.mkdir(parents=True)
    _write(bundle, part)
    size = sum(file.stat().st_size for file in part.iterdir())
    if size > LARGEST_BUNDLE:
        shutil.rmtree(part)
        raise InputError(
            f"The bundle would be {size / 2**20:.1f} MiB; at most {LARGEST_BUNDLE / 2**20:.0f} are allowed. "
            "Train on fewer genes, or make the network smaller."
        )
    _replace(folder, part)


def load(name_or_path: str | Path) -> Bundle:
    """Read and check a bundle; see `xpert.model.bundle.load_bundle`."""
    folder = find_folder(name_or_path)
    try:
        return _read(folder)
    except (KeyError, TypeError, ValueError, IndexError, AttributeError) as error:
        raise InputError(
            f"The bundle {folder} is damaged ({type(error).__name__}: {error}); train or install it anew."
        ) from error


def _replace(folder: Path, part: Path) -> None:
    """Put `part` where `folder` is; what is no file of a bundle stays (checkpoints, logs)."""
    folder.mkdir(parents=True, exist_ok=True)
    for file in sorted(part.iterdir()):
        file.replace(folder / file.name)
    part.rmdir()


def _write(bundle: Bundle, folder: Path) -> None:
    from safetensors.torch import save_file

    weights = {name: value.contiguous() for name, value in bundle.network.network.state_dict().items()}
    save_file(weights, folder / WEIGHTS)
    (folder / WEIGHTS).chmod(0o644)  # written for the owner alone otherwise, unlike its neighbours
    arrays: dict[str, Any] = dict(_arrays(bundle))
    np.savez_compressed(folder / ARRAYS, **arrays)
    _write_json(folder / VOCABULARY, _vocabulary(bundle))
    _write_json(folder / CONFIG, _config(bundle))
    bundle.perturbverse.to_parquet(folder / POINTS, index=False)
    bundle.skill.to_csv(folder / SKILL, index=False)
    (folder / CARD).write_text(bundle.card, encoding="utf-8")
    (folder / RECIPE).write_text(bundle.recipe, encoding="utf-8")


def _config(bundle: Bundle) -> dict[str, Any]:
    return {
        "format": FORMAT,
        "version": __version__,
        "name": bundle.name,
        "readout": bundle.readout.value,
        "organism": bundle.organism,
        "contexts": list(bundle.contexts),
        "targets": len(bundle.targets),
        "modalities": [modality.value for modality in bundle.modalities],
        "genes": len(bundle.genes),
        "conditions": len(bundle.training.conditions),
        "network": bundle.network.network.config.to_mapping(),
        "base": bundle.base,
        "start": bundle.start,
        "share": bundle.network.share,
        "chosen": bundle.chosen.config(),
        "baselines": list(bundle.baselines),
        "learned_spread": bundle.learned_spread,
        "calibration": bundle.calibration.config(),
    }


def _vocabulary(bundle: Bundle) -> dict[str, Any]:
    return {
        "genes": list(bundle.genes),
        "contexts": [
            {"name": c.name, "cells": int(c.cells), "covariates": dict(c.covariates)}
            for c in bundle.contexts.values()
        ],
        "conditions": [[c.context, str(c.treatment)] for c in bundle.training.conditions],
        "predictors": {name: predictor.config() for name, predictor in bundle.predictors.items()},
        "novelty": bundle.novelty.config(),
    }


def _arrays(bundle: Bundle) -> Arrays:
    contexts = [context.aligned(bundle.genes) for context in bundle.contexts.values()]
    arrays = {
        "control": np.stack([c.control for c in contexts]),
        "spread": np.stack([c.spread for c in contexts]),
        "cells": np.asarray(bundle.training.cells),
        "delta": _stored(bundle.training.delta, bundle.readout),
        "reliability": bundle.training.reliability,
        "latents": bundle.latents,
        "scales": bundle.scales,
    }
    arrays |= {f"calibration.{name}": values for name, values in bundle.calibration.arrays().items()}
    arrays |= {f"novelty.{name}": values for name, values in bundle.novelty.arrays().items()}
    for name, predictor in bundle.predictors.items():
        arrays |= {f"predictor.{name}.{part}": values for part, values in predictor.arrays().items()}
    return {name: _single(values) for name, values in arrays.items()}


def _stored(delta: Floats, readout: Readout) -> np.ndarray:
    """Measured shifts as they are kept: ranks as whole steps, which is how their sources hold them."""
    if readout is not Readout.SIGNED_RANK:
        return delta
    steps = np.rint(np.nan_to_num(delta) * RANK_STEPS)
    return np.where(np.isfinite(delta), steps, NOT_RANKED).astype(np.int8)


def _measured(stored: np.ndarray, readout: Readout) -> Floats:
    """Inverse of `_stored`, NaN where nothing was measured."""
    if readout is not Readout.SIGNED_RANK:
        return stored
    return np.where(stored == NOT_RANKED, np.nan, stored / np.float32(RANK_STEPS)).astype(np.float32)


def _single(values: Floats) -> np.ndarray:
    """Single precision is far below any noise here, and halves the file."""
    values = np.asarray(values)
    return values.astype(np.float32) if values.dtype == np.float64 else values


def _read(folder: Path) -> Bundle:
    import pandas as pd

    from xpert.features.treatments import TreatmentFeatures
    from xpert.model.calibration import Calibration
    from xpert.model.choices import EVERYWHERE, Choices
    from xpert.model.encode import Vocabulary
    from xpert.model.novelty import Novelty

    config, vocabulary = read_config(folder), read_json(folder / VOCABULARY)
    arrays = _read_arrays(folder / ARRAYS)
    genes = tuple(vocabulary["genes"])
    conditions = tuple(Condition(c, Treatment.parse(text)) for c, text in vocabulary["conditions"])
    _check_sizes(arrays, len(genes), len(conditions), len(vocabulary["contexts"]))
    features = TreatmentFeatures.load()
    network_config = ModelConfig.from_mapping(config["network"])
    targets = frozenset(t for c in conditions for t in c.treatment.targets)
    return Bundle(
        name=config["name"],
        readout=Readout(config["readout"]),
        organism=config["organism"],
        genes=genes,
        contexts={context.name: context for context in _contexts(vocabulary, arrays, genes)},
        training=Measured(
            conditions,
            arrays["cells"],
            _measured(arrays["delta"], Readout(config["readout"])),
            arrays["reliability"],
        ),
        skill=_read_table(pd.read_csv, folder / SKILL).fillna({"context": EVERYWHERE}),
        chosen=Choices.restore(config["chosen"]),
        baselines=tuple(config["baselines"]),
        predictors=_predictors(vocabulary["predictors"], arrays),
        base=config["base"],
        start=config["start"],
        network=_network(
            folder,
            network_config,
            Vocabulary(genes, targets, network_config.modalities, features),
            config["share"],
        ),
        learned_spread=bool(config["learned_spread"]),
        calibration=Calibration.restore(config["calibration"], _part(arrays, "calibration.")),
        novelty=Novelty.restore(vocabulary["novelty"], _part(arrays, "novelty.")),
        perturbverse=_read_table(read_frame, folder / POINTS),
        latents=arrays["latents"],
        scales=arrays["scales"],
        features=features,
        card=read_text(folder / CARD),
        recipe=read_text(folder / RECIPE),
    )


def _contexts(vocabulary: Mapping[str, Any], arrays: Arrays, genes: tuple[str, ...]) -> Iterator[Context]:
    for row, said in enumerate(vocabulary["contexts"]):
        yield Context(
            said["name"],
            genes,
            arrays["control"][row],
            arrays["spread"][row],
            said["cells"],
            said["covariates"],
        )


def _predictors(configs: Mapping[str, Any], arrays: Arrays) -> dict[str, StoredPredictor]:
    from xpert.model.baselines.registry import restore

    return {name: restore(config, _part(arrays, f"predictor.{name}.")) for name, config in configs.items()}


def _network(folder: Path, config: ModelConfig, vocabulary: Vocabulary, share: float) -> TrainedNetwork:
    from safetensors import SafetensorError
    from safetensors.torch import load_file

    from xpert.model.trained import TrainedNetwork

    network = _blank(config)
    try:
        weights = load_file(folder / WEIGHTS)
    except (OSError, SafetensorError) as error:
        raise InputError(f"{folder / WEIGHTS} cannot be read: {error}") from error
    _check_weights(weights, network.state_dict(), folder / WEIGHTS)
    network.load_state_dict(weights, assign=True)
    network.requires_grad_(requires_grad=False)
    return TrainedNetwork(network.eval(), vocabulary, share)


def _blank(config: ModelConfig) -> XPert:
    """The network without memory for its weights, and without drawing them: its file brings them.

    Drawing and scaling normal numbers on the device ``meta`` would import torch's compiler, which takes a second.
    """
    import torch
    from torch.overrides import TorchFunctionMode

    from xpert.model.network import XPert

    class Undrawn(TorchFunctionMode):
        def __torch_function__(
            self,
            func: Callable[..., Any],
            types: object,
            args: tuple[Any, ...] = (),
            kwargs: dict[str, Any] | None = None,
        ) -> Any:  # noqa: ANN401 (whatever the function gives)
            if getattr(func, "__name__", "") in DRAWS:
                return args[0] if args else (kwargs or {})["tensor"]
            return (torch.empty if func is torch.randn else func)(*args, **(kwargs or {}))

    with torch.device("meta"), Undrawn():
        return XPert(config)


def _check_weights(weights: Mapping[str, Any], expected: Mapping[str, Any], path: Path) -> None:
    wrong = sorted(
        name
        for name in weights.keys() | expected.keys()
        if name not in weights
        or name not in expected
        or weights[name].shape != expected[name].shape
        or weights[name].dtype != expected[name].dtype
    )
    if wrong:
        raise InputError(
            f"{path} does not fit its configuration: {', '.join(wrong[:5])} (in all {len(wrong)})."
        )
    broken = sorted(name for name, value in weights.items() if not bool(value.isfinite().all()))
    if broken:
        raise InputError(
            f"{path} holds weights that are not finite numbers: {', '.join(broken[:5])}; train it anew."
        )


def _check_sizes(arrays: Arrays, genes: int, conditions: int, contexts: int) -> None:
    expected: dict[str, tuple[int, ...]] = {
        "control": (contexts, genes),
        "spread": (contexts, genes),
        "delta": (conditions, genes),
        "cells": (conditions,),
        "reliability": (conditions,),
    }
    for name, shape in expected.items():
        if arrays[name].shape != shape:
            raise ValueError(f"{name} has shape {arrays[name].shape}, not {shape}")
    if not np.isfinite(arrays["latents"]).all():
        raise ValueError("a latent is not finite")


def _read_arrays(path: Path) -> Arrays:
    """Every array of the file, after its claimed size was checked; pickles are refused.

    Raises
    ------
    InputError
        When the file is missing, no archive of arrays, or claims too much memory.
    """
    try:
        with zipfile.ZipFile(path) as archive:
            claimed = sum(entry.file_size for entry in archive.infolist())
        if claimed > LARGEST_ARRAYS:
            raise InputError(f"{path} claims {claimed / 2**20:.0f} MiB; that is no bundle.")
        with np.load(path, allow_pickle=False) as stored:
            return {name: stored[name] for name in stored.files}
    except (OSError, zipfile.BadZipFile, ValueError, EOFError) as error:
        raise InputError(f"{path} cannot be read: {error}") from error


def _read_table(read: Any, path: Path) -> pd.DataFrame:  # noqa: ANN401 (either of pandas' readers)
    try:
        table: pd.DataFrame = read(path)
    except (OSError, ValueError) as error:
        raise InputError(f"{path} cannot be read: {error}") from error
    return table


def _part(arrays: Arrays, prefix: str) -> Arrays:
    return {name.removeprefix(prefix): values for name, values in arrays.items() if name.startswith(prefix)}


def _write_json(path: Path, value: Mapping[str, Any]) -> None:
    path.write_text(json.dumps(value, ensure_ascii=False, allow_nan=False, indent=1), encoding="utf-8")
