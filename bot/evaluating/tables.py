"""The figures of an evaluation as tables for a terminal."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from rich.table import Table

GENERAL = (
    *("recall_at_1", "recall_at_5", "recall_at_10", "mrr", "auroc", "average_precision"),
    *("recall_at_precision_0.80", "recall_at_precision_0.90", "recall_at_precision_0.95", "brier", "ece"),
)
CLUSTERING = ("bcubed_precision", "bcubed_recall", "bcubed_f1", "adjusted_rand", "v_measure")
KNOWN = ("accuracy", "macro_f1", "refusal_precision", "refusal_recall")
OF_LANGUAGE = {
    "issues": "issues",
    "queries": "queries",
    "recall_at_1": "R@1",
    "recall_at_5": "R@5",
    "recall_at_10": "R@10",
    "auroc": "AUROC",
    "average_precision": "AP",
}


def tables(result: Mapping[str, Any]) -> Iterator[Table]:
    """The figures with their 95 % intervals, beside the baseline's; with groups told; then those of each language."""
    yield _figures(result)
    if result.get("told"):
        table = _table("figure, 95 % interval", "where people told which earlier issues belong together")
        for name in GENERAL:
            table.add_row(name, _with_interval(result["told"][name], result["told"]["intervals"].get(name)))
        yield table
    if result.get("languages"):
        table = _table("language", *OF_LANGUAGE.values())
        for language, figures in result["languages"].items():
            table.add_row(language, *(_number(figures[name]) for name in OF_LANGUAGE))
        yield table


def _figures(result: Mapping[str, Any]) -> Table:
    baseline = result.get("baseline")
    table = _table("figure, 95 % interval", "Triage", *([baseline["name"], "difference"] if baseline else []))
    for name in (*GENERAL, *CLUSTERING, *KNOWN):
        if name in result:
            row = [name, _with_interval(result[name], result["intervals"].get(name))]
            table.add_row(*row, *(_beside(result, name) if baseline else ()))
    return table


def _beside(result: Mapping[str, Any], name: str) -> list[str]:
    baseline, difference = result["baseline"], result["difference"].get(name)
    if name not in baseline:
        return ["", ""]
    theirs = _with_interval(baseline[name], baseline["intervals"].get(name))
    if difference is None:
        return [theirs, _number(result[name] - baseline[name], "+")]
    return [theirs, _with_interval(difference["difference"], difference["interval"], "+")]


def _table(*columns: str) -> Table:
    table = Table(box=None, header_style="bold", pad_edge=False)
    for place, column in enumerate(columns):
        table.add_column(column, justify="left", no_wrap=place == 0)
    return table


def _with_interval(value: float, interval: tuple[float, float] | None, sign: str = "") -> str:
    to = "…" if sign else "–"
    bounds = f" {_number(interval[0], sign)}{to}{_number(interval[1], sign)}" if interval else ""
    return _number(value, sign) + bounds


def _number(value: float, sign: str = "") -> str:
    """`.655`, `+.130`, `1,200`: so short that a table with a baseline fits into eighty columns."""
    if isinstance(value, int):
        return f"{value:,}"
    return f"{value:{sign}.3f}".replace("0.", ".", 1) if abs(value) < 0.9995 else f"{value:{sign}.3f}"
