"""A drug that was never measured, in L1000; stereoisomers and salts of one parent stay together."""

from __future__ import annotations

from xpert.evaluation.tasks.l1000_drugs import L1000UnseenDrug, goals

TASK = L1000UnseenDrug(
    name="l1000_unseen_drug_random",
    title="L1000 consensus signatures: a drug that was never measured",
    by_scaffold=False,
    goals=goals((0.317, 0.137, 0.656), (0.326, 0.152, 0.667), (0.34, 0.18, 0.70)),
)
