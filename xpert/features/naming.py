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
_NOT_A_NAME = re.compile(r"[^a-z0-9]+")
_BRACKETED = re.compile(r"\(([^()]*)\)|\[([^\[\]]*)\]")
_STEREO = re.compile(r"^(?:\(?(?:[rsdl]|dl|[+-]|\+/-|±|rac|cis|trans)\)?-)+", re.IGNORECASE)


def fold(name: str) -> str:
    """A name without case, punctuation and script variants: ``β-Lapachone`` and ``beta lapachone`` meet.

    A sign in brackets stays a word, so that ``(+)-JQ1`` and ``(-)-JQ1`` do not fold to the same.
    """
    plain = name.casefold()
    if not plain.isascii():
        spelt = "".join(_GREEK.get(c, c) for c in unicodedata.normalize("NFKC", plain).replace("(±)", " "))
        plain = unicodedata.normalize("NFKD", spelt)
    if "(" in plain:
        plain = plain.replace("(+)", "plus").replace("(-)", "minus")
    return _NOT_A_NAME.sub("", plain)


def variants(name: str) -> Iterator[str]:
    """Folded spellings to look up, the most exact first, without repeats.

    What is left after taking something off a name must have three characters; ``W-7`` itself may have two.
    """
    exact = fold(name)
    if exact:
        yield exact
    seen = {exact, *SALT_WORDS}
    for derived in map(fold, _shortened(name)):
        if len(derived) > 2 and derived not in seen:
            seen.add(derived)
            yield derived


def _shortened(name: str) -> Iterator[str]:
    """The name without its salt, without what stands in brackets, the brackets' content, without stereo prefix."""
    active = _without_salt(name)
    yield active
    if "(" in name or "[" in name:
        bare = _BRACKETED.sub(" ", name).strip()
        yield bare
        yield _without_salt(bare)
        yield from (round_ or square for round_, square in _BRACKETED.findall(name))
    yield _STEREO.sub("", active)


def _without_salt(name: str) -> str:
    words = re.split(r"[\s,]+", name)
    if len(words) == 1:
        return name
    kept = [word for word in words if word.casefold().strip("()[]") not in SALT_WORDS]
    return " ".join(kept)
