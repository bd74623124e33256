"""Forms nobody wrote a case for: unknown labels, lists of versions, details, mails, half-ticked boxes."""

from __future__ import annotations

import pytest

from models.facts import extract
from models.text import Text, normalise

EDITOR = """
Type: <b>Bug</b>

The panel goes blank when I drag its border.

Editor version: Lamp Code 1.101.2 (2901c5a, 2025-06-24T20:27:15.391Z)
OS version: Windows_NT x64 10.0.26100
Modes:

<details>
<summary>System Info</summary>

|Item|Value|
|---|---|
|CPUs|12th Gen (12 x 2688)|
|Memory (System)|31.68GB (14.21GB free)|
</details><details><summary>Extensions (2)</summary>

Extension|Author (truncated)|Version
---|---|---
shade|lam|2025.8.0

</details>
"""
HOME = """### The problem

The switch drops off every night.

### What version of Lamp Home has the issue?

core-2025.7.1

### What type of installation are you running?

Container

### Integration causing the issue

dimmer

### Anything in the logs that might be useful for us?

```txt
2025-07-08 03:02:11.402 ERROR (MainThread) Error fetching dimmer data
    await self.device.update()
```

### Additional information

-
"""
ORCHESTRATOR = """### What happened?

The pod stays behind.

### What did you expect to happen?

same as above

### Lamp version

<details>

```console
$ lampctl version
Client Version: v1.33.1
```

</details>

### Cloud provider

<details>
N/A
</details>

### OS version

```console
# On Linux:
$ cat /etc/os-release
NAME="Ubuntu"
```

### Related plugins (CNI, CSI, ...) and versions (if applicable)

_No response_
"""
SCIENCE = """### Lamp version checks

- [x] I have checked that this issue has not already been reported.
- [ ] I have confirmed this bug exists on the main branch.

### Issue Description

Rows without a date vanish.

### Installed Versions

<details>

INSTALLED VERSIONS
------------------
commit                : c888af6d0bb674932007623c0867e1fbd4bdc2c6
python                : 3.12.9
OS                    : Linux
OS-release            : 6.8.0-60-generic

lamp                  : 2.3.1
[pip3] numpy==2.2.6

</details>

### Lamp version

2.3.1

### Python version

3.12.9
"""


@pytest.mark.parametrize(
    ("form", "prose"),
    [
        (EDITOR, "The panel goes blank when I drag its border."),
        (HOME, "The switch drops off every night.\nContainer\ndimmer"),
        (ORCHESTRATOR, "The pod stays behind."),
        (SCIENCE, "Rows without a date vanish."),
    ],
)
@pytest.mark.parametrize("end", ["\n", "\r\n"])
def test_only_the_reporters_words_are_prose(form: str, prose: str, end: str) -> None:
    text = normalise("The panel", form.replace("\n", end))
    assert text.prose == prose
    assert text.headings == ()


@pytest.mark.parametrize(
    ("form", "version", "system"),
    [
        (EDITOR, "1.101.2", "windows"),
        (HOME, "2025.7.1", None),
        (ORCHESTRATOR, "1.33.1", "linux"),
        (SCIENCE, "2.3.1", "linux"),
    ],
)
def test_the_products_version_is_told_from_what_lies_beneath(form: str, version: str, system: str | None) -> None:
    facts = extract(normalise("t", form))
    assert facts["version"] == {version}
    assert facts.get("os") == ({system} if system else None)


def test_a_version_of_what_lies_beneath_counts_where_a_form_asks_for_no_other() -> None:
    assert extract(normalise("t", "### Python version\n\n3.12.9"))["version"] == {"3.12.9"}


def test_source_lines_in_a_log_are_no_prose() -> None:
    text = normalise("t", HOME)
    assert "await self.device.update()" in text.code
    assert "Error fetching dimmer data" in text.error


def test_headings_that_a_person_wrote_stay_where_the_body_is_no_form() -> None:
    text = normalise(
        "t", "### The resolver takes the wrong lamp\n\nOh.\n\n### Steps\n\nClick.\n\n### dim() loops\n\nFor ever."
    )
    assert "The resolver takes the wrong lamp" in text.prose
    assert "dim() loops" in text.prose


def test_a_platform_is_read_from_what_a_program_printed() -> None:
    printed = "Operating System:\n  Platform: win32\n  Arch: x64\nNode: 22.1.0"
    body = f"### Provide environment information\n\n```bash\n{printed}\n```"
    assert extract(normalise("t", body))["os"] == {"windows"}


def test_every_ticked_box_is_an_answer_and_none_is_prose() -> None:
    text = normalise("t", "### Which platforms?\n\n- [X] Linux\n- [ ] Windows\n- [x] macOS\n\n### Problem\n\nNo light.")
    assert text.prose == "No light."
    assert extract(text)["os"] == {"linux", "macos"}


def test_a_mails_signature_and_what_it_answers_are_not_the_reporters_words() -> None:
    said = "The export is empty.\n\nOn Tue, 8 Jul 2025 at 10:11, Support wrote:\n> Please try it again.\n> Thank you\n"
    assert normalise("Re: export", f"{said}\n-- \nSent from my iPhone").prose == "The export is empty."


@pytest.mark.parametrize("placeholder", ["[Upload media here]", "[Paste your logs here]", "[Describe the problem]"])
def test_placeholders_go(placeholder: str) -> None:
    assert normalise("t", f"### Logs\n\n```console\n{placeholder}\n```\n\n### Description\n\n{placeholder}") == Text(
        "t", fields={"description": placeholder}
    )


@pytest.mark.parametrize(
    ("title", "cleaned"),
    [
        ("[0.80][Android] The list flickers", "[Android] The list flickers"),
        ("[Bug]: (Lamp) is dark", "(Lamp) is dark"),
        ("Bug: [lamp] is dark", "[lamp] is dark"),
    ],
)
def test_a_tag_takes_no_bracket_of_the_title_with_it(title: str, cleaned: str) -> None:
    assert normalise(title, "").title == cleaned


def test_names_with_underscores_stay_whole() -> None:
    assert normalise("t", "lamp._dim.__init__ and _on fail, _really_ (__now__)").prose == (
        "lamp._dim.__init__ and _on fail, really (now)"
    )
