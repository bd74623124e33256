"""What a demo shows: stages with a progress bar, one line for each delivered issue, the summary."""

from __future__ import annotations

import io
import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path

from rich.console import Console, RenderableType
from rich.padding import Padding
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn
from rich.table import Table
from rich.text import Text

from bot.demo.figures import WHAT_COUNTS, Measure
from bot.demo.track import Row
from models.redact import redact

PLAIN_WIDTH = 100  # where the output is no terminal
TITLE_FROM = 124  # columns of a terminal that also has room for titles
PICTURE_WIDTH = 112
PROMPT = "[dim]$[/] triage demo"

SHORT = {"possible-regression": "regression", "refer-to-maintainers": "maintainers"}
STYLES = {
    "duplicate": "bold cyan",
    "related": "yellow",
    "regression": "magenta",
    "maintainers": "bold red",
    "new": "default",
    "ignored": "dim",
}
MARKS = {"right": ("✓", "green"), "wrong": ("✗", "bold red"), "found": ("~", "green"), "missed": ("·", "yellow")}
MEANINGS = {"right": "right duplicate", "wrong": "wrong duplicate", "found": "names a right issue", "missed": "missed"}
PLAINER = str.maketrans("✓✗·", "+x.")  # where the output cannot show these

Advance = Callable[[str, int, int], None]

_CONTROL = re.compile(r"[\s\x00-\x1f\x7f-\x9f\u00ad\u200b-\u200f\u2028-\u202e\u2060-\u206f\ufeff\ufff9-\ufffb]+")


def shown_title(title: str) -> str:
    """A title that is safe on a terminal: redacted, on one line, without control and bidi characters."""
    return _CONTROL.sub(" ", redact(title)).strip()


_FONT_FACE = re.compile(r"@font-face \{.*?\}\s*", re.DOTALL)  # fetched from another site; any monospace will do


class Screen:
    """Prints to one console, and the same to a picture where one is wanted."""

    def __init__(self, *, to_stderr: bool = False, picture: Path | None = None) -> None:
        self.console = Console(stderr=to_stderr, highlight=False)
        if not self.console.is_terminal:
            self.console = Console(stderr=to_stderr, highlight=False, width=PLAIN_WIDTH, quiet=to_stderr)
        self._picture = picture
        self._drawn = Console(
            file=io.StringIO(), record=True, width=PICTURE_WIDTH, highlight=False, force_terminal=True
        )
        self._drawn.print(PROMPT)

    def say(self, words: RenderableType) -> None:
        """One line, or whatever else rich can draw."""
        self.console.print(words)
        if self._picture is not None:
            self._drawn.print(words)

    @contextmanager
    def progress(self, words: str, total: int) -> Iterator[Advance]:
        """A bar at the bottom of a terminal (nothing elsewhere); lines may be printed above it."""
        bar = Progress(
            TextColumn("{task.description}"),
            BarColumn(bar_width=28),
            MofNCompleteColumn(),
            TimeElapsedColumn(),
            console=self.console,
            transient=True,
            disable=not self.console.is_terminal,
        )
        with bar:
            task = bar.add_task(words, total=total)

            def advance(description: str, done: int, of: int) -> None:
                bar.update(task, description=description, completed=done, total=of)

            yield advance

    def header(self) -> None:
        """The names of the columns."""
        words = ("issue", "verdict", "", "canonical", "also", "cluster", "labels", "ms", "title")
        self._line(tuple(Text(word, style="dim") for word in words))

    def row(self, row: Row, mark: str) -> None:
        """One delivered issue."""
        verdict = SHORT.get(row.verdict or "", row.verdict or row.outcome)
        colour = MARKS[mark][1] if mark else ""
        others = [number for number in row.links if number != row.canonical]
        self._line(
            (
                Text(f"#{row.number}"),
                Text(verdict, style="bold red" if row.failures else STYLES.get(verdict, "default")),
                Text(self._sign(mark), style=colour),
                Text("" if row.canonical is None else f"#{row.canonical}"),
                Text(" ".join(f"#{number}" for number in others), style="dim"),
                Text(row.cluster or ""),
                Text(", ".join(row.labels), style="dim"),
                Text("" if row.milliseconds is None else f"{row.milliseconds:.0f}"),
                Text(row.title, style="dim"),
            )
        )
        for failure in row.failures:
            self.say(Text(f"       {failure}", style="red"))

    def _sign(self, mark: str) -> str:
        sign = MARKS[mark][0] if mark else " "
        return sign if self.console.encoding.lower().startswith("utf") else sign.translate(PLAINER)

    def _line(self, cells: Sequence[Text]) -> None:
        self.console.print(_grid(cells, self.console.width))
        if self._picture is not None:
            self._drawn.print(_grid(cells, PICTURE_WIDTH))

    def table(self, measured: Mapping[str, Measure]) -> None:
        """Precision and recall, with what they mean."""
        self.say(_measures(measured))
        legend = "   ".join(f"{self._sign(mark)} {meaning}" for mark, meaning in MEANINGS.items())
        self.say(Text(legend, style="dim"))
        self.say(Text("\nWhat counts", style="bold"))
        for name in measured:
            self.say(_meaning(WORDS[name], WHAT_COUNTS[name]))
        self.say(_meaning("recall", WHAT_COUNTS["recall"]))
        if "cluster" in measured:
            self.say(_meaning("recall of labels", WHAT_COUNTS["cluster_recall"]))

    def draw(self) -> None:
        """Write the picture, where one is wanted."""
        if self._picture is not None:
            drawn = self._drawn.export_svg(title="triage demo", unique_id="demo")
            self._picture.write_text(_FONT_FACE.sub("", drawn), encoding="utf-8")


WORDS = {"duplicate": "duplicate", "naming": "names an issue", "cluster": "cluster label"}


def _grid(cells: Sequence[Text], width: int) -> Table:
    """One line of the list: the same widths on every line, so that the columns stand."""
    narrow = width < PLAIN_WIDTH
    has_title = width >= TITLE_FROM
    gap = 1 if narrow else 2
    fixed = (7, 11, 1, 9, 11 if narrow else 13)
    rest = width - sum(fixed) - 5 - gap * (7 + has_title) - 1
    cluster, labels, title = _shares(rest, has_title=has_title)
    grid = Table.grid(padding=(0, gap, 0, 0))
    for column, size in enumerate((*fixed, cluster, labels, 5, title)):
        if size:
            justify = "right" if column == 7 else "left"
            grid.add_column(width=size, no_wrap=True, overflow="ellipsis", justify=justify)  # type: ignore[arg-type] # one of rich's words
    grid.add_row(*cells[: 9 if has_title else 8])
    return grid


def _shares(rest: int, *, has_title: bool) -> tuple[int, int, int]:
    """What is left of the line for cluster, labels and title."""
    if not has_title:
        cluster = min(24, max(rest * 2 // 5, rest - 28))
        return cluster, rest - cluster, 0
    cluster, labels = min(26, rest * 2 // 7), min(44, rest * 3 // 7)
    return cluster, labels, rest - cluster - labels


def _measures(measured: Mapping[str, Measure]) -> Table:
    table = Table(box=None, padding=(0, 3, 0, 0), header_style="dim", show_edge=False)
    table.add_column("against the file's truth", no_wrap=True)
    table.add_column("precision", justify="right", no_wrap=True)
    table.add_column("", style="dim", no_wrap=True)
    table.add_column("recall", justify="right", no_wrap=True)
    table.add_column("", style="dim", no_wrap=True)
    for name, one in measured.items():
        precision, recall = _figure(one.precision), _figure(one.recall)
        table.add_row(WORDS[name], precision, f"{one.right} of {one.said}", recall, f"{one.right} of {one.all}")
    return table


def _figure(value: float | None) -> str:
    return "–" if value is None else f"{value:.2f}"


def _meaning(word: str, sentence: str) -> RenderableType:
    grid = Table.grid(padding=(0, 2, 0, 0))
    grid.add_column(width=17, no_wrap=True)
    grid.add_column()
    grid.add_row(Text(word), Text(sentence, style="dim"))
    return Padding(grid, (0, 0, 0, 2))
