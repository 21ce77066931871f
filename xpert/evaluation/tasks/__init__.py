"""One module a task: which data, what is held out, who is asked, how answers are scored."""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING

from xpert.errors import InputError, nearest_names

if TYPE_CHECKING:
    from collections.abc import Sequence

    from xpert.evaluation.task import Task

# In the order of the tables. Each is a module here, whose `TASK` is the task.
TASKS: tuple[str, ...] = (
    "norman_doubles",
    "papalexi_unseen_gene",
    "mcfaline_cross_line",
    "l1000_unseen_drug_random",
    "l1000_unseen_drug_scaffold",
    "neurips_unseen_drug",
    "neurips_unseen_celltype",
    "tahoe_unseen_drug",
    "tahoe_unseen_line",
    "tahoe_unseen_pair",
    "moa_retrieval_l1000",
    "moa_retrieval_neurips",
    "moa_retrieval_tahoe",
    "drug_gene_association",
    "papalexi_efficacy",
    "tggates_dose_interpolation",
    "tggates_unseen_drug",
)


# Names under which several tasks are asked for together.
GROUPS: dict[str, tuple[str, ...]] = {
    "perturbverse": (
        "moa_retrieval_l1000",
        "moa_retrieval_neurips",
        "moa_retrieval_tahoe",
        "drug_gene_association",
    ),
}


def members(names: Sequence[str]) -> tuple[str, ...]:
    """Names of tasks, with those of each group in the place of its name."""
    return tuple(dict.fromkeys(name for asked in names for name in GROUPS.get(asked, (asked,))))


def task(name: str) -> Task:
    """A task by name.

    Raises
    ------
    InputError
        When there is none of that name, with the nearest names.
    """
    if name not in TASKS:
        close = nearest_names(name, [*TASKS, *GROUPS]) or TASKS
        raise InputError(f"There is no task {name!r}; did you mean {', '.join(close)}?")
    found: Task = import_module(f"xpert.evaluation.tasks.{name}").TASK
    return found
