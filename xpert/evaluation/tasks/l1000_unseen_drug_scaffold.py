"""A drug with a scaffold that was never measured, in L1000."""

from __future__ import annotations

from xpert.evaluation.tasks.l1000_drugs import L1000UnseenDrug, goals

TASK = L1000UnseenDrug(
    name="l1000_unseen_drug_scaffold",
    title="L1000 consensus signatures: a drug whose scaffold was never measured",
    by_scaffold=True,
    goals=goals((0.311, 0.118, 0.633), (0.317, 0.135, 0.648), (0.33, 0.15, 0.68)),
)
