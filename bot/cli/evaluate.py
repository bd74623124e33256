"""`triage evaluate`: honest figures of merit on a file of labelled issues."""

from __future__ import annotations

import hashlib
import json
import tempfile
import zlib
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import Annotated, Any, Literal

import typer
from platformdirs import user_cache_path
from rich.markup import escape
from rich.progress import BarColumn, MofNCompleteColumn, TaskID, TextColumn, TimeRemainingColumn
from rich.progress import Progress as Bar

from bot.cli.opened import err, out, print_json, settings_for_command
from bot.errors import TriageError
from bot.evaluating.plots import precision_recall_plot, reliability_plot
from bot.evaluating.tables import tables
from bot.evaluating.vector_cache import VectorCache, cached
from bot.settings import Settings
from bot.wiring import build_embedder
from models.artifacts import Artifact
from models.cross_validation import BY_CLUSTER, SHIPPED
from models.embedder import PLAIN_MODEL
from models.evaluation import Progress
from models.evaluation import evaluate as measure
from models.fitting import NothingToFit
from models.labelled import Dataset, groups, load
from models.scorer import PairScorer
from models.sentence_embedder import adapter_of

NAMED = 20  # malformed lines on the screen; the JSON document has all

File = Annotated[Path, typer.Argument(help="Labelled issues, one JSON object a line; .gz too.", metavar="FILE")]
Baseline = Annotated[
    Literal["minilm", "bm25", "none"], typer.Option(help="What to hold it against: raw text by cosine or by words.")
]
By = Annotated[
    Literal["cluster"] | None,
    typer.Option(help="Also assign to known clusters: each known by its title and its first three members."),
]
CrossValidate = Annotated[
    bool, typer.Option("--cross-validate", help="Fit anew, never on the cluster that is judged; slower.")
]
FitOn = Annotated[
    list[str] | None,
    typer.Option(
        help="With --cross-validate: more labelled files to fit on, and what embeds them if not the same model. A "
        "stream of issues (no gold clusters) is then judged by a fit on these alone.",
        metavar="FILE[=MODEL]",
    ),
]
JsonTo = Annotated[str | None, typer.Option("--json", help="Write one JSON document; - is standard output.")]
PlotTo = Annotated[
    Path | None, typer.Option("--plot", help="Draw reliability.svg and precision-recall.svg.", metavar="DIR")
]
StopOnError = Annotated[bool, typer.Option("--stop-on-error", help="Stop at a malformed line.")]
CacheIn = Annotated[
    Path | None, typer.Option("--cache", help="Where vectors are kept; else the user's cache folder.", metavar="DIR")
]


def evaluate(  # noqa: PLR0913, PLR0917 - one parameter an option
    file: File,
    baseline: Baseline = "minilm",
    by: By = None,
    cross_validate: CrossValidate = False,
    fit_on: FitOn = None,
    json_to: JsonTo = None,
    plot_to: PlotTo = None,
    stop_on_error: StopOnError = False,
    cache: CacheIn = None,
) -> None:
    """Measure retrieval, detection, calibration and clusters: every issue sees only those that came before it."""
    if fit_on and not cross_validate:
        raise typer.BadParameter("--fit-on goes with --cross-validate")
    _ensure_writable([file, *(path for path, _ in map(_named, fit_on or ()))], json_to, plot_to)
    settings = settings_for_command()
    data = _read(file, stop_on_error=stop_on_error)
    named = {path: model or settings.model for path, model in map(_named, fit_on or ())}
    others = [_read_other(path, file, stop_on_error=stop_on_error) for path in named]
    scorer = PairScorer.load()
    flattering = _flattering(_sha256(file), scorer, settings.model, cross_validate=cross_validate)
    for weights, instead in flattering.items():
        _warn(file, weights, instead)
    folder = cache or user_cache_path("triage")
    models = [settings.model, PLAIN_MODEL, *named.values()]
    with _embedders(models, folder, settings) as by_name, _fitting(file), _progress() as progress:
        embedder = by_name[settings.model]
        result = measure(
            data.items,
            embedder,
            scorer,
            baseline=baseline,
            plain=by_name[PLAIN_MODEL],
            by_cluster=by is not None,
            others=[other.items for other in others] if cross_validate else None,
            embedders=[by_name[model] for model in named.values()],
            progress=progress,
        )
    if plot_to:
        _draw(result, plot_to)
    about = {
        "file": file.name,
        "model": str(embedder.model_id),
        "trained_on_this_file": bool(flattering),
        "fitted_on": _fitted_on(result["method"], file, list(named), scorer.artifact),
        "malformed": [{"line": each.line, "reason": each.reason} for each in data.malformed],
    }
    _show(about | result, json_to)


def _named(argument: str) -> tuple[Path, str]:
    """The file and the model, "" where none is named, of FILE[=MODEL]."""
    name, equals, model = argument.rpartition("=")
    return (Path(argument), "") if Path(argument).is_file() or not equals else (Path(name), model)


@contextmanager
def _embedders(models: Iterable[str], folder: Path, settings: Settings) -> Iterator[dict[str, VectorCache]]:
    """An embedder for each model, over the cache."""
    with ExitStack() as stack:
        yield {
            model: stack.enter_context(cached(build_embedder(settings.model_copy(update={"model": model})), folder))
            for model in dict.fromkeys(models)
        }


@contextmanager
def _fitting(file: Path) -> Iterator[None]:
    """Says of which file it is that nothing could be fitted."""
    try:
        yield
    except NothingToFit as error:
        raise TriageError(f"{file.name}: {error}; more --fit-on files may help") from error


def _read(file: Path, *, stop_on_error: bool) -> Dataset:
    """The labelled issues; says which lines are malformed, and refuses a file without anything to judge."""
    try:
        data = load(file)
    except (OSError, EOFError, zlib.error) as error:
        reason = error.strerror if isinstance(error, OSError) and error.strerror else str(error)
        raise TriageError(f"{file} cannot be read: {reason}") from error
    if data.malformed and stop_on_error:
        raise TriageError(f"{file.name}, {data.malformed[0]}")
    for each in data.malformed[:NAMED]:
        err.print(f"{file.name}, {each}: left out", markup=False, soft_wrap=True)
    if len(data.malformed) > NAMED:
        err.print(f"{file.name}: {len(data.malformed) - NAMED:,} more malformed lines are left out", markup=False)
    if not data.items:
        raise TriageError(f"{file.name}: no line of it is a labelled issue, so there is nothing to evaluate")
    if len(set(groups(data.items).values())) == len(data.items):
        raise TriageError(
            f"{file.name}: no two of its {len(data.items):,} issues belong together (by duplicate_of or gold_cluster), "
            "so there is nothing to evaluate"
        )
    return data


def _read_other(path: Path, judged: Path, *, stop_on_error: bool) -> Dataset:
    data = _read(path, stop_on_error=stop_on_error)
    if _sha256(path) == _sha256(judged):
        raise TriageError(f"{judged.name} is what is judged: --fit-on takes other files")
    return data


def _ensure_writable(read: Sequence[Path], json_to: str | None, plot_to: Path | None) -> None:
    """Fail before the long run, not after it; leaves nothing behind."""
    try:
        if plot_to:
            plot_to.mkdir(parents=True, exist_ok=True)
            tempfile.TemporaryFile(dir=plot_to).close()
        if json_to and json_to != "-":
            _ensure_file(read, Path(json_to))
    except OSError as error:
        raise TriageError(f"{error.filename} cannot be written: {error.strerror}") from error


def _ensure_file(read: Sequence[Path], path: Path) -> None:
    was_there = path.exists()
    if was_there and any(file.exists() and path.samefile(file) for file in read):
        raise TriageError(f"--json {path} is a file that is read: it would be overwritten")
    path.open("ab").close()
    if not was_there:
        path.unlink()


def _sha256(file: Path) -> str:
    with file.open("rb") as stream:
        return hashlib.file_digest(stream, "sha256").hexdigest()


def _trained_on(provenance: Mapping[str, Any]) -> dict[str, str]:
    """The files that weights were fitted on: hash → name."""
    return {str(each["sha256"]): str(each["name"]) for each in provenance.get("files", ())}


def _flattering(sha256: str, scorer: PairScorer, model: str, *, cross_validate: bool) -> dict[str, str]:
    """The weights that saw the file, and what to do instead; raises ModelUnavailable."""
    found = {}
    if not cross_validate and sha256 in _trained_on(scorer.artifact.provenance):
        found["the weights that ship were fitted"] = "Run it with --cross-validate"
    adapter = adapter_of(model)
    if adapter is not None and sha256 in _trained_on(adapter.provenance):
        found["the embedder was adapted"] = f"Set TRIAGE_MODEL={PLAIN_MODEL}, or an adapter that did not see it,"
    return found


def _fitted_on(method: str, file: Path, fit_on: Sequence[Path], artifact: Artifact) -> list[str]:
    if method == SHIPPED:
        return sorted(_trained_on(artifact.provenance).values())
    own = [f"{file.name} (other clusters)"] if method == BY_CLUSTER else []
    return [*own, *(path.name for path in fit_on)]


def _warn(file: Path, weights: str, instead: str) -> None:
    err.print(
        f"[bold red]These figures flatter:[/] {weights} on {escape(file.name)}. {instead} for honest ones.",
        soft_wrap=True,
    )


@contextmanager
def _progress() -> Iterator[Progress]:
    """A bar on standard error for each kind of step."""
    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeRemainingColumn())
    with Bar(*columns, console=err, transient=True) as bar:
        tasks: dict[str, TaskID] = {}

        def show(doing: str, done: int, total: int) -> None:
            if doing not in tasks:
                tasks[doing] = bar.add_task(doing)
            bar.update(tasks[doing], completed=done, total=total)

        yield show


def _draw(result: dict[str, Any], folder: Path) -> None:
    reliability = reliability_plot(result["reliability"], result["issues"], result["brier"], result["ece"])
    baseline = result.get("baseline", {"name": "", "precision_recall": []})
    ours, theirs = ([each[:2] for each in one["precision_recall"]] for one in (result, baseline))
    curve = precision_recall_plot(ours, theirs, f"baseline {baseline['name']}")
    for name, picture in (("reliability.svg", reliability), ("precision-recall.svg", curve)):
        (folder / name).write_text(picture, encoding="utf-8")


def _show(result: dict[str, Any], json_to: str | None) -> None:
    for figures in (result, result.get("baseline", {})):
        figures.pop("precision_recall", None)  # thousands of points, for the picture alone
    if json_to == "-":
        print_json(result)
        return
    if json_to:
        Path(json_to).write_text(json.dumps(result, indent=2, ensure_ascii=False) + "\n", encoding="utf-8")
    out.print(f"{result['file']}: {result['issues']:,} issues, {result['queries']:,} queries", markup=False)
    out.print(f"{result['method']} ({', '.join(result['fitted_on'])}); {result['model']}", markup=False, soft_wrap=True)
    for table in tables(result):
        out.print(table)
    for note in _notes(result):
        out.print(note, markup=False, soft_wrap=True)


def _notes(result: dict[str, Any]) -> Iterator[str]:
    """What the figures do not say by themselves."""
    own, clustering, known = (result.get(name) for name in ("own_label", "clustering", "known_clusters"))
    if own and own["queries"] != result["queries"]:
        yield (
            f"Of the queries, {own['queries']:,} carry a duplicate_of themselves; recall over these at 1, 5, 10: "
            + " / ".join(f"{own[f'recall_at_{depth}']:.3f}" for depth in (1, 5, 10))
        )
    if clustering:
        yield (
            f"Average linkage made {clustering['clusters']} clusters of {clustering['issues']} issues "
            f"in {clustering['gold_clusters']} gold clusters"
        )
    if known:
        yield f"Known clusters were chosen among for {known['issues']} issues"
    if known and not known["issues"]:
        yield "no cluster has a fourth member, or no later issue was judged"
