"""Tissue of origin of the cell lines of Tahoe-100M, as their public records (Cellosaurus, DepMap) list it."""

from __future__ import annotations

_LINES = {
    "bladder": "j82",
    "bowel": "colo205 hct15 ht_29 lovo ls180 rko sw1417 sw48",
    "brain": "a_172 h4 sw1088",
    "breast": "bt_474 hs_578t",
    "cervix": "c_33a",
    "endometrium": "an3ca hec_1_a",
    "kidney": "a498",
    "liver": "hepg2_c3a snu_423",
    "lung": (
        "a549 a_427 hop62 nci_h1573 nci_h1792 nci_h2030 nci_h23 nci_h2347 nci_h460 nci_h661 shp_77 sw1271 sw900"
    ),
    "nerve": "chp_212",
    "pancreas": "aspc_1 cfpac_1 hs766t htert_hpne miapaca_2 panc03.27 panc_1",
    "skin": "c32 lox_imvi rpmi_7951 sk_mel_2",
    "stomach": "katoiii snu_1",
}

LINEAGE = {line: lineage for lineage, lines in _LINES.items() for line in lines.split()}
