"""`xpert models`: which bundles there are."""

from __future__ import annotations

import json
import sys
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import argparse

    from xpert.model.bundle_list import BundleInfo


def add_parser(subparsers: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    """Add the sub-command."""
    parser = subparsers.add_parser("models", help="list the models that can be asked")
    parser.add_argument("--json", action="store_true", help="print a list of objects instead of text")


def run(args: argparse.Namespace) -> int:
    """List every bundle; what is wrong with one that cannot be read goes to stderr."""
    from xpert.model.bundle_list import search_folders, survey

    infos, broken = survey()
    for problem in broken:
        sys.stderr.write(f"xpert models: {problem}\n")
    if args.json:
        sys.stdout.write(json.dumps([info.to_dict() for info in infos], indent=2, ensure_ascii=False) + "\n")
        return 0
    if not infos:
        listed = "\n".join(f"  {folder}" for folder in search_folders())
        sys.stderr.write(f"No model was found in:\n{listed}\nTrain one with `xpert train`.\n")
    for info in infos:
        sys.stdout.write(_described(info))
    return 0


def _described(info: BundleInfo) -> str:
    modalities = ", ".join(modality.label for modality in info.modalities)
    return (
        f"{info.name}\n"
        f"  predicts  {info.genes:,} genes, {info.readout.label}\n"
        f"  knows     {info.targets:,} targets ({modalities})\n"
        f"  contexts  {', '.join(info.contexts)}\n"
        f"{_answering(info)}"
        f"  folder    {info.folder}\n"
    )


def _answering(info: BundleInfo) -> str:
    """Who answers each kind of question that was measured, and where a context is answered by another."""
    measured = [answer for answer in info.answers if answer.measured]
    everywhere = {a.question: a.predictor for a in measured if not a.context}
    text = ""
    for question, predictor in everywhere.items():
        others: dict[str, list[str]] = {}
        for answer in measured:
            if answer.question is question and answer.predictor != predictor:
                others.setdefault(answer.predictor, []).append(answer.context)
        apart = "".join(f"; in {', '.join(contexts)}: {name}" for name, contexts in others.items())
        text += f"  {'' if text else 'answers':9} {question.label}: {predictor}{apart}\n"
    return text
