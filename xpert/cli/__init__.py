"""The `xpert` command: one module a sub-command, each with ``add_parser`` and ``run``."""

from __future__ import annotations

import argparse
import os
import sys
from importlib import import_module
from typing import TYPE_CHECKING

from xpert import __version__
from xpert.errors import InputError

if TYPE_CHECKING:
    from collections.abc import Sequence

COMMANDS = (
    "check", "models", "predict", "neighbors", "associate", "query", "screen", "train", "benchmark", "export", "app",
)  # fmt: skip
GOOD, FAILED, BAD_INPUT = 0, 1, 2


def main(arguments: Sequence[str] | None = None) -> int:
    """Run one sub-command and give its exit code: 0 good, 2 bad input, 1 anything else."""
    parser = argparse.ArgumentParser(
        prog="xpert", description="Predict how cells respond to genetic and chemical perturbations."
    )
    parser.add_argument("--version", action="version", version=f"xpert {__version__}")
    subparsers = parser.add_subparsers(dest="command", required=True, metavar="COMMAND")
    modules = {name: import_module(f"xpert.cli.{name}") for name in COMMANDS}
    for module in modules.values():
        module.add_parser(subparsers)
    parsed = parser.parse_args(arguments)
    try:
        return int(modules[parsed.command].run(parsed))
    except InputError as error:
        sys.stderr.write(f"xpert {parsed.command}: {error}\n")
        return BAD_INPUT
    except KeyboardInterrupt:
        sys.stderr.write("\nStopped; nothing was left half-written.\n")
        return FAILED
    except Exception as error:  # the last line of defence: a message, no traceback
        if os.environ.get("XPERT_DEBUG"):
            raise
        sys.stderr.write(
            f"xpert {parsed.command}: this should not have happened ({type(error).__name__}: {error}).\n"
            "Set XPERT_DEBUG=1 to see where, and please report it.\n"
        )
        return FAILED
