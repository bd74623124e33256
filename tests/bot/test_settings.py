"""The operator's settings: read once, checked, and silent about secrets."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from bot.errors import SettingsError
from bot.settings import Settings, load, unknown_variables

SECRET = "s3cr3t-value-9f8e7d"


@pytest.fixture(autouse=True)
def _empty_environment(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    for name in [name for name in os.environ if name.upper().startswith("TRIAGE_")]:
        monkeypatch.delenv(name)
    monkeypatch.chdir(tmp_path)


def refused(monkeypatch: pytest.MonkeyPatch, **variables: str) -> str:
    for name, value in variables.items():
        monkeypatch.setenv(name, value)
    with pytest.raises(SettingsError) as caught:
        load()
    return str(caught.value)


def test_without_any_variable_the_defaults_hold() -> None:
    settings = load()
    assert settings.database_url == "sqlite:///triage.db"
    assert settings.github_api_url == "https://api.github.com"
    assert (settings.host, settings.port, settings.log_format) == ("127.0.0.1", 8000, "console")
    assert not settings.is_app


@pytest.mark.parametrize(
    ("name", "value", "told"),
    [
        ("TRIAGE_APP_ID", "abc", "integer"),
        ("TRIAGE_APP_ID", "0", "greater than 0"),
        ("TRIAGE_PORT", "70000", "65535"),
        ("TRIAGE_PORT", "http", "integer"),
        ("TRIAGE_LOG_FORMAT", "xml", "'console' or 'json'"),
        ("TRIAGE_LOG_LEVEL", "loud", "'debug'"),
        ("TRIAGE_GITHUB_API_URL", "ftp://github", "https://"),
        ("TRIAGE_DATABASE_URL", "mysql://host/name", "sqlite:///FILE"),
        ("TRIAGE_THREADS", "0", "1"),
        ("TRIAGE_WORKER_NAME", "a b", "pattern"),
        ("TRIAGE_REFIT_TIMEZONE", "Mars/Olympus", "Europe/Berlin"),
        ("TRIAGE_REFIT_TIMEZONE", "America", "Europe/Berlin"),
        ("TRIAGE_REFIT_TIMEZONE", "", "Europe/Berlin"),
    ],
)
def test_a_wrong_value_names_its_variable_what_it_was_and_what_it_may_be(
    monkeypatch: pytest.MonkeyPatch, name: str, value: str, told: str
) -> None:
    message = refused(monkeypatch, **{name: value})
    assert message.startswith(f"{name}='{value}': ")
    assert told in message


def test_every_wrong_value_is_named_at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    message = refused(monkeypatch, TRIAGE_PORT="x", TRIAGE_APP_ID="y", TRIAGE_LOG_FORMAT="z")
    assert [line.partition("=")[0] for line in sorted(message.splitlines())] == [
        "TRIAGE_APP_ID",
        "TRIAGE_LOG_FORMAT",
        "TRIAGE_PORT",
    ]


def test_two_private_keys_are_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    message = refused(monkeypatch, TRIAGE_PRIVATE_KEY=SECRET, TRIAGE_PRIVATE_KEY_PATH="key.pem")
    assert "TRIAGE_PRIVATE_KEY" in message
    assert "TRIAGE_PRIVATE_KEY_PATH" in message
    assert SECRET not in message


@pytest.mark.parametrize("value", [None, "", "   "])
def test_inv_39_a_missing_or_empty_secret_stops_the_start(monkeypatch: pytest.MonkeyPatch, value: str | None) -> None:
    if value is not None:
        monkeypatch.setenv("TRIAGE_WEBHOOK_SECRET", value)
    settings = load()
    with pytest.raises(SettingsError, match="TRIAGE_WEBHOOK_SECRET is missing or empty"):
        settings.secret()


@pytest.mark.parametrize(
    "variables",
    [
        {"TRIAGE_WEBHOOK_SECRET": SECRET},
        {"TRIAGE_PRIVATE_KEY": SECRET},
        {"TRIAGE_GITHUB_TOKEN": SECRET},
        {"TRIAGE_CLIENT_SECRET": SECRET},
        {"TRIAGE_DATABASE_URL": f"postgresql://bot:{SECRET}@db/triage"},
    ],
)
def test_no_secret_is_in_the_representation(monkeypatch: pytest.MonkeyPatch, variables: dict[str, str]) -> None:
    for name, value in variables.items():
        monkeypatch.setenv(name, value)
    settings = load()
    assert SECRET not in repr(settings)
    assert SECRET not in str(settings)
    assert SECRET not in f"{settings}"


@pytest.mark.parametrize(
    "variables",
    [
        {"TRIAGE_DATABASE_URL": f"mysql://bot:{SECRET}@db/triage"},
        {"TRIAGE_GITHUB_API_URL": f"ftp://bot:{SECRET}@proxy/api"},
        {"TRIAGE_WEBHOOK_SECRET": SECRET, "TRIAGE_PORT": "x"},
    ],
)
def test_no_secret_is_in_an_error(monkeypatch: pytest.MonkeyPatch, variables: dict[str, str]) -> None:
    assert SECRET not in refused(monkeypatch, **variables)


def test_the_env_file_of_the_folder_is_read_and_the_environment_wins(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    (tmp_path / ".env").write_text(
        f'TRIAGE_PORT=9001\nTRIAGE_HOST=0.0.0.0\nTRIAGE_WEBHOOK_SECRET="{SECRET}"\nOTHER=1\n'
    )
    monkeypatch.setenv("TRIAGE_PORT", "9002")
    settings = load()
    assert (settings.host, settings.port, settings.secret()) == ("0.0.0.0", 9002, SECRET.encode())


def test_a_wrong_value_in_the_env_file_is_named_too(tmp_path: Path) -> None:
    (tmp_path / ".env").write_text("TRIAGE_PORT=many\n")
    with pytest.raises(SettingsError, match="TRIAGE_PORT='many'"):
        load()


def test_an_env_file_that_is_no_text_is_a_sentence(tmp_path: Path) -> None:
    (tmp_path / ".env").write_bytes(b"TRIAGE_HOST=\xff\xfe\n")
    with pytest.raises(SettingsError, match=r"\.env cannot be read: it is not UTF-8 text"):
        load()


def test_a_misspelt_variable_is_noticed_in_the_environment_and_in_the_file(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("TRIAGE_WEBHOOK_SECRT", "x")
    monkeypatch.setenv("TRIAGE_PORT", "1")
    (tmp_path / ".env").write_text("OTHER=1\ntriage_host=h\nTRIAGE_DATABSE_URL=x\nTRIAGE_WEATHER=fine\n")
    assert unknown_variables() == {
        "TRIAGE_DATABSE_URL": "TRIAGE_DATABSE_URL is no setting of ours; did you mean TRIAGE_DATABASE_URL?",
        "TRIAGE_WEATHER": "TRIAGE_WEATHER is no setting of ours",
        "TRIAGE_WEBHOOK_SECRT": "TRIAGE_WEBHOOK_SECRT is no setting of ours; did you mean TRIAGE_WEBHOOK_SECRET?",
    }


def test_the_private_key_may_be_one_line_or_a_file(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    assert Settings(private_key="-----BEGIN-----\\nabc\\n").app_private_key() == "-----BEGIN-----\nabc\n"
    path = tmp_path / "key.pem"
    path.write_text("PEM")
    assert Settings(private_key_path=path).app_private_key() == "PEM"


def test_a_private_key_file_that_cannot_be_read_names_the_variable_and_the_path(tmp_path: Path) -> None:
    with pytest.raises(SettingsError, match=r"TRIAGE_PRIVATE_KEY_PATH=.*missing\.pem"):
        Settings(private_key_path=tmp_path / "missing.pem").app_private_key()
    with pytest.raises(SettingsError, match="TRIAGE_PRIVATE_KEY"):
        Settings().app_private_key()


def test_a_trailing_slash_of_the_api_url_is_dropped(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TRIAGE_GITHUB_API_URL", "https://github.example/api/v3/")
    assert load().github_api_url == "https://github.example/api/v3"


def test_settings_cannot_be_changed_once_they_are_read() -> None:
    with pytest.raises(ValueError, match="frozen"):
        load().port = 1  # type: ignore[misc]


@pytest.mark.parametrize(
    "url",
    ["https://hooks.example/T0/B0/x?y=1", "https://[2001:db8::1]:8443/x", "http://127.0.0.1:9/x", "http://localhost"],
)
def test_the_alerts_address_is_https_or_on_this_machine(monkeypatch: pytest.MonkeyPatch, url: str) -> None:
    monkeypatch.setenv("TRIAGE_ALERT_URL", url)
    found = load().alert_url
    assert found is not None
    assert found.get_secret_value() == url


@pytest.mark.parametrize(
    "url",
    [
        *("http://hooks.example/s3cr3t", "https://user:s3cr3t@hooks.example", "ftp://hooks.example/s3cr3t"),
        *("https://", "//s3cr3t", "https://hooks.example/s3cr3t path", "http://localhost.example/s3cr3t"),
        *("https://hooks.example:99999/s3cr3t", "https://hooks.example:0/s3cr3t"),
    ],
)
def test_any_other_address_is_refused_without_quoting_it(monkeypatch: pytest.MonkeyPatch, url: str) -> None:
    message = refused(monkeypatch, TRIAGE_ALERT_URL=url)
    assert message.startswith("TRIAGE_ALERT_URL: must be like https://HOST/PATH")
    assert "s3cr3t" not in message
