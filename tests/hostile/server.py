"""A process that reads one file after another, as the app does, and says what came of each as a line of JSON."""

from __future__ import annotations

import json
import resource
import sys
from pathlib import Path

from xpert.data.read import Limits, read
from xpert.errors import InputError


def own_peak() -> int:
    """Most memory of this process in bytes; ``ru_maxrss`` would count what its parent held when it was forked."""
    status = Path("/proc/self/status")
    if not status.exists():
        return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024
    (line,) = (row for row in status.read_text().splitlines() if row.startswith("VmHWM:"))
    return int(line.split()[1]) * 1024


def answer(request: dict[str, object]) -> dict[str, object]:
    limits = Limits(memory=int(request["memory"]), seconds=float(request["seconds"]))
    try:
        table = read(Path(str(request["path"])), limits=limits)
    except InputError as error:
        return {
            "error": type(error).__name__,
            "message": str(error),
            "notes": getattr(error, "__notes__", []),
        }
    matrix = table.matrix.toarray() if table.is_sparse else table.matrix
    return {
        "values": matrix.tolist(),
        "dtype": str(table.matrix.dtype),
        "genes": list(table.gene_names),
        "cells": list(table.obs.index),
        "obs": {name: [str(v) for v in column] for name, column in table.obs.items()},
        "hints": dict(table.hints),
        "facts": [table.facts.minimum, table.facts.maximum, table.facts.is_integer, table.facts.nonzero],
    }


for line in sys.stdin:
    reply = answer(json.loads(line))
    reply["own_peak"] = own_peak()
    reply["children_peak"] = resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss * 1024
    sys.stdout.write(json.dumps(reply) + "\n")
    sys.stdout.flush()
