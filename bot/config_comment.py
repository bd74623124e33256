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

_FOUND = re.compile(r" \(found .*[)…]$", re.DOTALL)
_FOOTER = "<sub>{what} Edited in place: when that changes, and once the file is valid again.</sub>"


def wrong(problems: Sequence[str], source: str | None) -> str:
    """The comment while the file is wrong. `problems`: a sentence each; `source`: whose file it is.

    What stands in the file is left out, for it may come from a repository that fewer people may read (INV 40, 41).
    """
    count = "a problem" if len(problems) == 1 else f"{len(problems)} problems"
    head = f"**The last change of {_file(source)} is not in force**: it has {count}. What was in force before still is."
    rows = [f"- {neutral(redact(_FOUND.sub('', problem)))}" for problem in problems[:MOST_SHOWN]]
    if len(problems) > MOST_SHOWN:
        rows.append(f"- and {len(problems) - MOST_SHOWN} more")
    footer = _FOOTER.format(what="`triage config check` says the same before a push.")
    return "\n\n".join([head, "\n".join(rows), footer])


def mended(source: str | None) -> str:
    """The comment once nothing is wrong any more; `source`: of what is in force (`ConfigRecord.source`)."""
    now = (
        f"{_file(source)} is in force" if source in FILES else "there is no file any more, so the defaults are in force"
    )
    return f"Nothing is wrong with the configuration now: {now}."


def _file(source: str | None) -> str:
    return f"the organisation's {code(CONFIG_PATH)}" if source == OWNERS else code(CONFIG_PATH)
