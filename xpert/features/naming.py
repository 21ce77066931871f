"""Compound names as people write them, folded so that spelling variants meet."""

from __future__ import annotations

import re
import unicodedata
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator

# What a supplier adds for the counter-ion, the hydrate or the form; it is not part of the active compound.
SALT_WORDS = frozenset(
    [
        "hydrochloride",
        "dihydrochloride",
        "trihydrochloride",
        "hcl",
        "2hcl",
        "dihcl",
        "hydrobromide",
        "hbr",
        "chloride",
        "bromide",
        "iodide",
        "hydrate",
        "monohydrate",
        "hemihydrate",
        "dihydrate",
        "trihydrate",
        "sesquihydrate",
        "anhydrous",
        "mesylate",
        "dimesylate",
        "methanesulfonate",
        "tosylate",
        "besylate",
        "esylate",
        "isethionate",
        "sulfate",
        "sulphate",
        "hemisulfate",
        "disulfate",
        "phosphate",
        "diphosphate",
        "nitrate",
        "acetate",
        "diacetate",
        "citrate",
        "maleate",
        "malate",
        "fumarate",
        "hemifumarate",
        "tartrate",
        "bitartrate",
        "succinate",
        "lactate",
        "oxalate",
        "gluconate",
        "pamoate",
        "benzoate",
        "furoate",
        "trifluoroacetate",
        "tfa",
        "sodium",
        "disodium",
        "potassium",
        "dipotassium",
        "calcium",
        "magnesium",
        "zinc",
        "lithium",
        "ammonium",
        "diammonium",
        "meglumine",
        "tromethamine",
        "salt",
        "base",
        "free",
        "2s-1",
    ]
)

_GREEK = {
    "α": "alpha", "β": "beta", "γ": "gamma", "δ": "delta", "ε": "epsilon", "κ": "kappa", "λ": "lambda",
    "μ": "mu", "π": "pi", "τ": "tau", "φ": "phi", "ψ": "psi", "ω": "omega",
}  # fmt: skip
_BRACKETED = re.compile(r"\(([^()]*)\)|\[([^\[\]]*)\]")
_STEREO = re.compile(r"^(?:\(?(?:[rsdl]|dl|[+-]|\+/-|±|rac|cis|trans)\)?-)+", re.IGNORECASE)


def fold(name: str) -> str:
    """A name without case, punctuation and script variants: ``β-Lapachone`` and ``beta lapachone`` meet.

    A sign in brackets stays a word, so that ``(+)-JQ1`` and ``(-)-JQ1`` do not fold to the same.
    """
    plain = unicodedata.normalize("NFKC", name).casefold()
    plain = plain.replace("(+)", " plus ").replace("(-)", " minus ").replace("(±)", " ")
    spelt = "".join(_GREEK.get(c, c) for c in plain)
    ascii_only = unicodedata.normalize("NFKD", spelt)
    return "".join(c for c in ascii_only if c.isalnum() and c.isascii())


def variants(name: str) -> Iterator[str]:
    """Folded spellings to look up, the most exact first, without repeats.

    What is left after taking something off a name must have three characters; ``W-7`` itself may have two.
    """
    bare = _BRACKETED.sub(" ", name).strip()
    inside = [a or b for a, b in _BRACKETED.findall(name)]
    spelt = [
        name,
        _without_salt(name),
        bare,
        _without_salt(bare),
        *inside,
        _STEREO.sub("", _without_salt(name)),
    ]
    seen: set[str] = set()
    for i, folded in enumerate(map(fold, spelt)):
        if len(folded) > (0 if i == 0 else 2) and folded not in SALT_WORDS and folded not in seen:
            seen.add(folded)
            yield folded


def _without_salt(name: str) -> str:
    words = re.split(r"[\s,]+", name)
    kept = [word for word in words if word.casefold().strip("()[]") not in SALT_WORDS]
    return " ".join(kept)
