from __future__ import annotations

from io import StringIO
from pathlib import Path

import pytest
from dotenv import dotenv_values
from hypothesis import given
from hypothesis import strategies as st

from bot.errors import SettingsError
from webhooks import env_file


def test_other_lines_stay_as_they_were() -> None:
    text = "# mine\nOTHER=1\n\nexport X='a b' # why\nTRIAGE_CLIENT_ID=old\nlast=2"
    merged = env_file.merged(text, {"TRIAGE_CLIENT_ID": "new", "TRIAGE_APP_ID": "7"})
    assert merged == ("# mine\nOTHER=1\n\nexport X='a b' # why\nTRIAGE_CLIENT_ID='new'\nlast=2\nTRIAGE_APP_ID='7'\n")


def test_a_value_over_many_lines_is_replaced_whole() -> None:
    assert env_file.merged('A="one\ntwo"\nB=3\n', {"A": "x"}) == "A='x'\nB=3\n"


def test_a_name_set_twice_is_set_once() -> None:
    assert env_file.merged("A=1\nB=2\nA=3\n", {"A": "x"}) == "A='x'\nB=2\n"


@pytest.mark.parametrize("value", ["it's", "a\nb", "a\rb", "a\0b"])
def test_a_value_that_could_start_another_line_is_refused(value: str) -> None:
    with pytest.raises(ValueError, match="A has a quote or a line break"):
        env_file.merged("", {"A": value})


@given(st.text(st.characters(min_codepoint=32, max_codepoint=126, exclude_characters="'\\")))
def test_what_is_written_is_read_back(value: str) -> None:
    text = env_file.merged("B=1", {"A": value})
    found = dotenv_values(stream=StringIO(text), interpolate=False)
    assert found == {"B": "1", "A": value}


def test_the_file_is_readable_by_its_owner_only(tmp_path: Path) -> None:
    path = tmp_path / ".env"
    path.write_text("OLD=1\n")
    path.chmod(0o644)
    env_file.write(path, {"A": "x"})
    assert path.stat().st_mode & 0o777 == 0o600
    assert path.read_text() == "OLD=1\nA='x'\n"
    assert [entry.name for entry in tmp_path.iterdir()] == [".env"]


def test_a_link_stays_a_link(tmp_path: Path) -> None:
    (tmp_path / "real").write_text("")
    link = tmp_path / ".env"
    link.symlink_to("real")
    env_file.write(link, {"A": "x"})
    assert link.is_symlink()
    assert (tmp_path / "real").read_text() == "A='x'\n"


def test_a_failed_write_leaves_the_old_file_and_nothing_else(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / ".env"
    path.write_text("OLD=1\n")

    def full(_: int) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("os.fsync", full)
    with pytest.raises(SettingsError, match="No space left"):
        env_file.write(path, {"A": "x"})
    assert path.read_text() == "OLD=1\n"
    assert [entry.name for entry in tmp_path.iterdir()] == [".env"]


def test_a_folder_that_is_not_there_cannot_be_written(tmp_path: Path) -> None:
    with pytest.raises(SettingsError, match="cannot be written"):
        env_file.check_writable(tmp_path / "none" / ".env")


def test_a_file_that_is_not_text_is_refused_before_anything_is_written(tmp_path: Path) -> None:
    path = tmp_path / ".env"
    path.write_bytes(b"\xff\xfe")
    for ask in (env_file.check_writable, env_file.values):
        with pytest.raises(SettingsError, match="cannot be read"):
            ask(path)


def test_values_are_those_that_are_set_to_something(tmp_path: Path) -> None:
    path = tmp_path / ".env"
    assert env_file.values(path) == {}
    path.write_text("A=1\nB=\nC\nexport D='x y'\n")
    assert env_file.values(path) == {"A": "1", "D": "x y"}
