"""Where GitHub differs from its own published description, and the double and PyGithub follow GitHub."""

from __future__ import annotations

import re
from collections.abc import Iterable

# a pattern of the problem: why it is right nevertheless
KNOWN = {
    r"^POST .*/issues/\{issue_number\}/labels → 200: request at \$: \[.* is not of type 'object'": (
        "PyGithub's add_to_labels sends a bare array; the description's own text allows it, its schema does not"
    ),
    r"^GET /app/installations → 200: answer at \$\[\d+\]\.account": (
        "the account is described as a user and an enterprise at once (allOf for anyOf)"
    ),
}


def unexpected(problems: Iterable[str]) -> list[str]:
    """The problems that no line of KNOWN explains."""
    return [problem for problem in problems if not any(re.search(known, problem) for known in KNOWN)]
