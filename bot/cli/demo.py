"""`triage demo`: the whole flow on a sample repository; no account, no network."""

from __future__ import annotations

import re
import time
from collections.abc import Sequence
from dataclasses import asdict
from datetime import UTC, datetime, timedelta
from importlib import resources
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from bot import log
from bot.cli.opened import print_json
from bot.errors import ConfigError, TriageError
from bot.repo_config import RepoConfig, parse
from bot.settings import load

if TYPE_CHECKING:
    from bot.demo.issues import IssueFile
    from bot.demo.play import Play, Stage
    from bot.demo.said import Said
    from bot.demo.screen import Screen
    from bot.demo.track import Row
    from bot.demo.workplace import Workplace

SAMPLE_REPOSITORY = "lumen-labs/lumen"
WAVE = timedelta(hours=3)  # in which the sample's issues came since the first report of its wave
MOST_PROBLEMS = 20  # malformed lines named one by one

Port = Annotated[int | None, typer.Option(min=1, max=65535, help="Port of the server; without it a free one.")]
Keep = Annotated[Path | None, typer.Option(help="Work in this empty folder and keep it.", file_okay=False)]
Once = Annotated[bool, typer.Option("--once", help="Exit after the summary: 0, or 1 if anything failed.")]
Issues = Annotated[
    Path | None,
    typer.Option(help="Play this file of issues (JSON lines, .gz too).", exists=True, dir_okay=False, readable=True),
]
Config = Annotated[
    Path | None,
    typer.Option(help="The triage.yml for --issues; without it no clusters are known.", exists=True, dir_okay=False),
]
Deliver = Annotated[int, typer.Option(min=1, help="How many of the newest issues are delivered; the rest is history.")]
AsJson = Annotated[bool, typer.Option("--json", help="The summary as one JSON document on standard output.")]
Picture = Annotated[Path | None, typer.Option(hidden=True, help="Write what is shown as an SVG picture.")]


def demo(  # noqa: PLR0913, PLR0917 - every argument is an option that a person may type
    port: Port = None,
    keep: Keep = None,
    once: Once = False,
    issues: Issues = None,
    config: Config = None,
    deliver: Deliver = 40,
    as_json: AsJson = False,
    picture: Picture = None,
) -> int:
    """Play a repository: the real server, a played GitHub, signed deliveries, and what the bot makes of them.

    Afterwards it keeps serving, so that the comments can be read; Ctrl-C ends it.
    """
    from bot.demo.screen import Screen  # noqa: PLC0415 - the other commands do not need the demo
    from bot.demo.workplace import prepare  # noqa: PLC0415 - the same

    log.configure("console", "warning")
    screen = Screen(to_stderr=as_json, picture=picture)
    play = _play(screen, issues, config, deliver, port)
    place = prepare(keep)
    failed = True
    try:
        failed = _perform(screen, play, place, once=once, as_json=as_json)
    except KeyboardInterrupt:
        failed = False
        raise
    finally:
        if failed and place.is_temporary:
            screen.say(f"the logs and the database are kept in {place.folder}")
        else:
            place.remove()
    return 1 if failed else 0


def _play(screen: Screen, issues: Path | None, config: Path | None, deliver: int, port: int | None) -> Play:
    from bot.demo.play import Play  # noqa: PLC0415 - the other commands do not need the demo

    if config is not None and issues is None:
        raise typer.BadParameter("--config goes with --issues; the sample has a configuration of its own")
    file, text, full_name = _sample() if issues is None else _given(issues, config)
    said = _said() if issues is None else ()
    for problem in file.problems[:MOST_PROBLEMS]:
        screen.say(f"left out: {problem}")
    if len(file.problems) > MOST_PROBLEMS:
        screen.say(f"left out: {len(file.problems) - MOST_PROBLEMS} more lines")
    text, effective = _with_budget(screen, text, deliver)
    settings = load()
    model = str(Path(settings.model).resolve()) if Path(settings.model).is_dir() else settings.model
    return Play(full_name, text, effective, file, deliver, model, settings.threads, port, said)


def _sample() -> tuple[IssueFile, str, str]:
    """The sample and its wave, which rises in the last hours; the newest report is a moment old."""
    from bot.demo.issues import ending_at, gathered, read  # noqa: PLC0415 - the other commands do not need the demo

    folder = resources.files("bot") / "sample"
    calm, wave = (folder.joinpath(name).read_bytes().splitlines() for name in ("issues.jsonl", "wave.jsonl"))
    file = gathered(read([*calm, *wave]), read(wave).issues[0].created_at, WAVE)
    file = ending_at(file, datetime.now(UTC))
    return file, folder.joinpath("triage.yml").read_text(encoding="utf-8"), SAMPLE_REPOSITORY


def _said() -> Sequence[Said]:
    from bot.demo.said import read_said  # noqa: PLC0415 - the other commands do not need the demo

    return read_said((resources.files("bot") / "sample" / "comments.jsonl").read_bytes().splitlines())


def _given(issues: Path, config: Path | None) -> tuple[IssueFile, str, str]:
    from bot.demo.issues import load as load_issues  # noqa: PLC0415 - the other commands do not need the demo

    name = re.sub(r"[^A-Za-z0-9_-]+", "-", issues.name.partition(".")[0]).strip("-") or "issues"
    try:
        text = config.read_text(encoding="utf-8-sig") if config is not None else ""
    except (OSError, UnicodeDecodeError) as error:
        raise TriageError(f"{config}: {error}") from None
    return load_issues(issues), text, f"demo/{name[:90]}"


def _with_budget(screen: Screen, text: str, deliver: int) -> tuple[str, RepoConfig]:
    """The configuration with hourly budgets of comments that the deliveries fit in: they would wait for the one, and
    the other, a wave's, would leave them without a comment."""
    try:
        config = parse(text)
    except ConfigError as error:
        raise TriageError("the configuration is wrong:\n" + "\n".join(error.problems)) from None
    budgets = {name: getattr(config.limits, name) for name in ("comments_per_hour", "wave_comments_per_hour")}
    raised = {name: min(deliver, 1000) for name, budget in budgets.items() if 0 < budget < deliver}
    if not raised:
        return text, config
    import yaml  # noqa: PLC0415 - only here

    data: dict[str, Any] = yaml.safe_load(text) or {}
    data["limits"] = {**(data.get("limits") or {}), **raised}
    for name, value in raised.items():
        screen.say(f"limits.{name} is {value} here, not {budgets[name]}, so that each delivery has its comment")
    text = yaml.safe_dump(data, allow_unicode=True, sort_keys=False)
    return text, parse(text)


def _perform(screen: Screen, play: Play, place: Workplace, *, once: bool, as_json: bool) -> bool:
    from bot.demo import play as acts  # noqa: PLC0415 - the other commands do not need the demo

    screen.say(f"[bold]{play.full_name}[/]: {len(play.history)} issues of history, {len(play.delivered)} to deliver")
    with acts.on_stage(play, place, screen) as stage:
        watch = acts.install(play, stage, place, screen)
        rows = acts.deliver(play, stage, place, watch, screen)
        failed = any(row.failures for row in rows)
        _summary(screen, play, rows)
        spoken = acts.speak(play, stage, place, watch, screen)
        if spoken:
            screen.say(f"people answered on {spoken} of them; the dashboard's quality page judges the bot by that")
        screen.draw()
        if as_json:
            print_json(_as_json(play, stage, rows))
        if not once:
            _serve(screen, stage)
    return failed


def _summary(screen: Screen, play: Play, rows: Sequence[Row]) -> None:
    from bot.demo.figures import counts, measures, times  # noqa: PLC0415 - the other commands do not need the demo

    parts = [f"{count} {verdict}" for verdict, count in counts(rows).items()]
    screen.say(f"\n[bold]{len(rows)} delivered[/]: {', '.join(parts)}")
    taken = times(rows)
    if taken is not None:
        screen.say(f"median {taken[0]:.0f} ms, longest {taken[1]:.0f} ms, from the 202 to the recorded effects")
    failures = sum(bool(row.failures) for row in rows)
    screen.say(f"[bold red]{failures} failed[/]" if failures else "nothing failed")
    screen.say("")
    truth = play.truth()
    if truth is None:
        screen.say("The file holds no truth (no gold_cluster, no duplicate_of): precision and recall are unknown.")
    else:
        screen.table(measures(rows, truth, play.config))


def _as_json(play: Play, stage: Stage, rows: Sequence[Row]) -> dict[str, Any]:
    from bot.demo.figures import WHAT_COUNTS, counts, measures, times  # noqa: PLC0415 - the same

    truth = play.truth()
    taken = times(rows)
    return {
        "repository": play.full_name,
        "server": stage.server,
        "dashboard": stage.dashboard,
        "issues_page": stage.github.issues_page,
        "history": len(play.history),
        "delivered": len(rows),
        "left_out": list(play.file.problems),
        "verdicts": counts(rows),
        "milliseconds": None if taken is None else {"median": taken[0], "max": taken[1]},
        "failed": sum(bool(row.failures) for row in rows),
        "truth": None if truth is None else {k: m.as_json() for k, m in measures(rows, truth, play.config).items()},
        "what_counts": WHAT_COUNTS,
        "issues": [asdict(row) | {"mark": truth.mark(row) if truth is not None else None} for row in rows],
    }


def _serve(screen: Screen, stage: Stage) -> None:
    """Keep everything running until Ctrl-C; where to look is said last."""
    screen.say(f"\nserver   {stage.server}")
    screen.say("The dashboard (the address works once; press the button there):")
    screen.console.print(stage.dashboard, soft_wrap=True)  # on one line, so that it can be opened from there
    screen.say("Ctrl-C ends the demo; the comments are here:")
    screen.say(stage.github.issues_page)
    try:
        while True:
            stage.check()
            time.sleep(0.5)
    except KeyboardInterrupt:
        return
