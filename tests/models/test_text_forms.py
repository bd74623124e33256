"""Issue forms and templates in the shapes of well-known projects, with contents of our own."""

from __future__ import annotations

import pytest

from models.text import normalise

EDITOR_FORM = """<!-- ⚠️ Do not delete this template -->
Does this issue occur when all extensions are disabled?: Yes

- Editor Version: 1.99.2
- OS Version: Windows 11 24H2

Steps to Reproduce:

1. Open a folder with a symbolic link in it
2. Rename the link in the explorer

The explorer shows both names until a reload.
"""
RUNTIME_FORM = """### Version

v22.4.1

### Platform

```text
Darwin lamp.local 23.5.0 Darwin Kernel Version 23.5.0 arm64
```

### Subsystem

_No response_

### What steps will reproduce the bug?

Pipe a gzip stream into a closed socket.

### How often does it reproduce? Is there a required condition?

Always

### What is the expected behavior? Why is that the expected behavior?

The stream ends with an error event.

### What do you see instead?

The process hangs for ever.

### Additional information

_No response_
"""
COMPILER_TEMPLATE = """<!--
Thank you for filing a bug report! 🐛 Please provide a short summary of the bug,
along with any information you feel relevant to replicating the bug.
-->

I tried this code:

```rust
fn main() { let lamp: Lamp<_> = light(); }
```

I expected to see this happen: a type error

Instead, this happened: the compiler overflowed its stack

### Meta

`rustc --version --verbose`:
```
rustc 1.81.0 (stub)
```

<details><summary>Backtrace</summary>
<p>

```
thread 'rustc' panicked at compiler/infer/src/lib.rs:10:5
   0: 0x7f00aa11bb22 - infer::resolve::deep
   1: 0x7f00aa11bb33 - infer::check::body
```

</p>
</details>
"""
FRAMEWORK_FORM = """### Link to the code that reproduces this issue

https://github.com/somebody/lamp-repro

### To Reproduce

1. Start the application in development
2. Navigate to /lamps twice

### Current vs. Expected behavior

The second navigation renders an empty page, I expected the list of lamps.

### Provide environment information

```bash
Operating System:
  Platform: linux
  Version: #1 SMP
Binaries:
  Node: 20.11.0
```

### Which area(s) are affected? (Select all that apply)

Navigation

### Which stage(s) are affected? (Select all that apply)

next dev (local)

### Additional context

_No response_
"""
DATA_LIBRARY_FORM = """### Pandas version checks

- [X] I have checked that this issue has not already been reported.
- [X] I have confirmed this bug exists on the latest version of pandas.
- [ ] I have confirmed this bug exists on the main branch of pandas.

### Reproducible Example

```python
frame.groupby("lamp").rolling(3).watts.sum()
```

### Issue Description

The rolling sum ignores the last group when its index is not sorted.

### Expected Behavior

Every group is summed.

### Installed Versions

<details>

Replace this line with the output of show_versions()

</details>
"""
CLASSIC_TEMPLATE = """**Describe the bug**
A clear and concise description of what the bug is.
The dimmer jumps to full light when the phone wakes up.

**To Reproduce**
Steps to reproduce the behavior:
1. Go to '...'
2. Click on '....'
3. Scroll down to '....'
4. See error

**Expected behavior**
A clear and concise description of what you expected to happen.

**Screenshots**
If applicable, add screenshots to help explain your problem.
![picture](https://example.com/a.png)

**Desktop (please complete the following information):**
 - OS: [e.g. iOS]
 - Browser [e.g. chrome, safari]
 - Version [e.g. 22]

**Additional context**
Add any other context about the problem here.
"""
PACKAGE_MANAGER_FORM = """### Summary

Resolving a lock file with two indexes picks the slower mirror.

### Platform

Ubuntu 24.04 x86_64

### Version

0.9.3 (1a2b3c4d5 2026-03-01)

### Python version

Python 3.13.2
"""
CONTAINER_FORM = """### Description

Volumes of a stopped stack cannot be removed.

### Reproduce

```console
$ lamp volume rm attic
Error response from daemon: remove attic: volume is in use - [0123456789abcdef0123]
```

### Expected behavior

_No response_

### lamp version

```bash
Client: 27.1.0
```

### Additional Info

N/A
"""
ORCHESTRATOR_FORM = """### What happened?

Pods on the drained node stay in Terminating for an hour.

### What did you expect to happen?

They leave after the grace period.

### How can we reproduce it (as minimally and precisely as possible)?

Drain a node whose volume plugin is gone.

### Anything else we need to know?

None

### Kubernetes version

<details>

```console
Server Version: v1.33.1
```

</details>

### Cloud provider

<details>
n/a
</details>

### OS version

<details>

```console
PRETTY_NAME="Debian GNU/Linux 12"
```

</details>
"""
ASSISTANT_FORM = """### Preflight Checklist

- [x] I have searched existing issues and this hasn't been reported yet
- [x] This is a single bug report

### What's Wrong?

The balance page shows 40 credits and every prompt is refused.

### What Should Happen?

Prompts use the credits.

### Error Messages/Logs

```shell
API Error: 402 {"type":"error","error":{"type":"billing_error","message":"Your credits are used up."},"request_id":"x"}
```

### Steps to Reproduce

-

### Model

None

### Version

2.0.14

### Operating System

macOS

### Terminal/Shell

iTerm2
"""
IN_APP_REPORT = (
    "**Bug Description**\nThe counter stays at zero after I bought more credits\n\n"
    "**Environment Info**\n- Platform: darwin\n- Terminal: ghostty\n- Version: 2.0.7\n- Feedback ID: [redacted:id]\n\n"
    "**Errors**\n```json\n"
    '[{"error":"Error: 402 {\\"type\\":\\"error\\",\\"error\\":{\\"type\\":\\"billing_error\\",'
    '\\"message\\":\\"Your credits are used up.\\"},\\"request_id\\":\\"[redacted:id]\\"}\\n'
    '    at generate (file:///opt/app/cli.js:10:20)\\n    at async run (file:///opt/app/cli.js:30:40)",'
    '"timestamp":"2026-01-02T03:04:05.678Z"}]\n```\n'
)
GAME_ENGINE_FORM = """### Tested versions

- Reproducible in: 4.3.stable, 4.4.beta2

### System information

Fedora 41 - Wayland - Vulkan (Forward+)

### Issue description

Lamps lose their shadow after the scene was reloaded.

### Steps to reproduce

Reload the scene with a spot light inside.

### Minimal reproduction project (MRP)

[lamps.zip](https://github.com/user-attachments/files/1/lamps.zip)
"""

CASES = {
    "editor": (EDITOR_FORM, "Open a folder with a symbolic link in it\nRename the link in the explorer\nThe explorer"),
    "runtime": (RUNTIME_FORM, "Pipe a gzip stream into a closed socket.\n"),
    "compiler": (COMPILER_TEMPLATE, "the compiler overflowed its stack"),
    "framework": (FRAMEWORK_FORM, "Start the application in development\nNavigate to /lamps twice\nThe second"),
    "data library": (DATA_LIBRARY_FORM, "The rolling sum ignores the last group when its index is not sorted.\nEvery"),
    "classic": (CLASSIC_TEMPLATE, "The dimmer jumps to full light when the phone wakes up."),
    "package manager": (PACKAGE_MANAGER_FORM, "Resolving a lock file with two indexes picks the slower mirror."),
    "container": (CONTAINER_FORM, "Volumes of a stopped stack cannot be removed."),
    "orchestrator": (ORCHESTRATOR_FORM, "Pods on the drained node stay in Terminating for an hour.\nThey leave"),
    "assistant": (ASSISTANT_FORM, "The balance page shows 40 credits and every prompt is refused.\nPrompts use the"),
    "in-app": (IN_APP_REPORT, "The counter stays at zero after I bought more credits"),
    "game engine": (GAME_ENGINE_FORM, "Lamps lose their shadow after the scene was reloaded.\nReload the scene"),
}
TEMPLATE_WORDS = (
    *(
        "no response",
        "checklist",
        "have searched",
        "checked that",
        "concise description",
        "go to '",
        "see error",
        "if applicable",
    ),
    *(
        "steps to reproduce",
        "expected behavior",
        "additional",
        "describe the bug",
        "<!--",
        "<details",
        "![",
        "feedback",
        "n/a",
    ),
    *("if applicable", "please provide", "environment info", "select all", "what happened", "e.g.", "redacted"),
    "timestamp",
)


@pytest.mark.parametrize("form", CASES)
def test_a_forms_answers_stay_and_its_own_words_go(form: str) -> None:
    body, wanted = CASES[form]
    text = normalise("A title", body)
    assert wanted in text.prose
    everything = f"{text.prose}\n{text.error}".lower()
    assert not [word for word in TEMPLATE_WORDS if word in everything]


@pytest.mark.parametrize(
    ("form", "heading", "answer"),
    [
        ("editor", "os version", "Windows 11 24H2"),
        ("runtime", "version", "v22.4.1"),
        ("package manager", "platform", "Ubuntu 24.04 x86_64"),
        ("assistant", "terminal/shell", "iTerm2"),
        ("in-app", "platform", "darwin"),
        ("in-app", "version", "2.0.7"),
    ],
)
def test_short_answers_become_fields(form: str, heading: str, answer: str) -> None:
    assert normalise("A title", CASES[form][0]).fields[heading] == answer


@pytest.mark.parametrize("form", ["assistant", "in-app"])
def test_a_wrapped_error_is_unwrapped_and_kept_apart(form: str) -> None:
    text = normalise("A title", CASES[form][0])
    assert text.error == "402 billing_error: Your credits are used up."
    assert "credits are used up" not in text.prose


def test_frames_go_into_their_own_part() -> None:
    assert normalise("A title", IN_APP_REPORT).frames == ("generate cli.js", "run cli.js")
    assert normalise("A title", COMPILER_TEMPLATE).frames == ("infer::resolve::deep", "infer::check::body")


def test_code_stays_apart_from_prose() -> None:
    text = normalise("A title", DATA_LIBRARY_FORM)
    assert "groupby" in text.code
    assert "groupby" not in text.prose
