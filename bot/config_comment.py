"""What the bot says of a wrong configuration on the issue that maintainers chose for it. Pure."""

from __future__ import annotations

import re
from collections.abc import Sequence

from bot.comment import code, neutral
from bot.repo_config import CONFIG_PATH
from models.redact import redact

MOST_SHOWN = 10  # problems in one comment
OWNERS = "owner"  # the file is that of the owner's `.github` repository
FILES = frozenset({"repository", OWNERS})

_WRONG = "**The last change of "
_MENDED = "Nothing is wrong with the configuration now: "
_FOUND = re.compile(r" \(found .*[)…]$", re.DOTALL)
_LINE = re.compile(r"line [0-9]+\b")
_FOOTER = "<sub>{what} Edited in place: when that changes, and once the file is valid again.</sub>"


def wrong(problems: Sequence[str], source: str | None) -> str:
    """The comment while the file is wrong. `problems`: a sentence each; `source`: whose file it is.

    The values in it are left out; of an organisation's file, which fewer people may read, all but the lines (INV 40).
    """
    count = "a problem" if len(problems) == 1 else f"{len(problems)} problems"
    head = f"{_WRONG}{_file(source)} is not in force**: it has {count}. What was in force before still is."
    shown = [place(one) if source == OWNERS else _FOUND.sub("", one) for one in problems[:MOST_SHOWN]]
    rows = [f"- {neutral(redact(one))}" for one in shown]
    if len(problems) > MOST_SHOWN:
        rows.append(f"- and {len(problems) - MOST_SHOWN} more")
    footer = _FOOTER.format(what="`triage config check` says the same before a push.")
    return "\n\n".join([head, "\n".join(rows), footer])


def mended(source: str | None) -> str:
    """The comment once nothing is wrong any more; `source`: of what is in force (`ConfigRecord.source`)."""
    now = (
        f"{_file(source)} is in force" if source in FILES else "there is no file any more, so the defaults are in force"
    )
    return f"{_MENDED}{now}."


def is_notice(text: str) -> bool:
    """Whether a comment says one of the two."""
    return text.startswith((_WRONG, _MENDED))


def is_wrong(text: str) -> bool:
    """Whether a comment says that something is wrong."""
    return text.startswith(_WRONG)


def place(problem: str) -> str:
    """Where a problem of the file is, and nothing that stands there."""
    found = _LINE.match(problem)
    return f"{found[0]} is wrong" if found else "the file as a whole is wrong"


def _file(source: str | None) -> str:
    return f"the organisation's {code(CONFIG_PATH)}" if source == OWNERS else code(CONFIG_PATH)
