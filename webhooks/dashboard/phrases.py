"""Generated sentences as markup: what stands in backticks is code, an issue's number is a link."""

from __future__ import annotations

import re

from markupsafe import Markup, escape

_CODE = re.compile(r"`([^`]*)`")
_NUMBER = re.compile(r"#(\d{1,12})\b")


def coded(text: str) -> Markup:
    """The sentence, with `…` as code."""
    return Markup(_CODE.sub(r"<code>\1</code>", str(escape(text))))  # noqa: S704 - escaped before


def numbered(text: str, root: str) -> Markup:
    """The sentence, with #12 as a link to our page of the issue; `root` as in `Shell.root`."""
    parts = _NUMBER.split(text)
    link = Markup('<a class="number" href="{}/issues/{}">#{}</a>')
    return Markup("").join(
        link.format(root, part, part) if place % 2 else escape(part) for place, part in enumerate(parts)
    )
