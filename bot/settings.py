"""The operator's settings: the only reader of the environment and of `.env`."""

from __future__ import annotations

import os
import re
from collections.abc import Iterable
from difflib import get_close_matches
from pathlib import Path
from typing import Annotated, Any, Literal
from urllib.parse import urlsplit
from zoneinfo import ZoneInfo

from dotenv import dotenv_values
from pydantic import Field, SecretStr, ValidationError, field_validator, model_validator
from pydantic_settings import BaseSettings, SettingsConfigDict

from bot.errors import SettingsError
from models.embedder import DEFAULT_MODEL

GITHUB_API_URL = "https://api.github.com"
ENV_FILE = ".env"
LIKE = 0.75  # how alike two names are of which one may be the other misspelt

_HTTP = re.compile(r"https?://(\[[0-9a-fA-F:.]+\]|[^/\s:?#@\[\]]+)(:\d{1,5})?(/[^\s?#]*)?$")
_TIME = r"([01]\d|2[0-3]):[0-5]\d"
_WINDOW = rf"^{_TIME}(-{_TIME})?$"
_ALERT = re.compile(
    r"(?:https://(?:[A-Za-z0-9.-]+|\[[0-9a-fA-F:.]+\])|http://(?:127\.0\.0\.1|localhost|\[::1\]))(?::\d{1,5})?(?:/[^\s#]*)?$"
)
_USER = re.compile(r"://[^/\s]*@")  # a URL's user and password


class Settings(BaseSettings):
    """What `TRIAGE_*` variables say, checked. Secrets are `SecretStr`, so that no log or traceback shows them."""

    model_config = SettingsConfigDict(
        env_prefix="TRIAGE_",
        env_file=ENV_FILE,
        env_file_encoding="utf-8",
        extra="ignore",
        frozen=True,
        env_ignore_empty=False,
        hide_input_in_errors=True,
    )

    webhook_secret: SecretStr | None = None
    app_id: Annotated[int, Field(gt=0)] | None = None
    private_key: SecretStr | None = None
    private_key_path: Path | None = None
    github_token: SecretStr | None = None
    client_id: str | None = None
    client_secret: SecretStr | None = None
    operators: str | None = None
    database_url: Annotated[str, Field(repr=False)] = "sqlite:///triage.db"  # it may hold a password
    github_api_url: str = GITHUB_API_URL
    model: str = DEFAULT_MODEL
    host: str = "127.0.0.1"
    port: Annotated[int, Field(ge=0, le=65535)] = 8000
    log_format: Literal["console", "json"] = "console"
    log_level: Literal["debug", "info", "warning", "error"] = "info"
    worker_name: Annotated[str, Field(pattern=r"^[A-Za-z0-9_.-]{1,64}$")] = "worker"
    alert_url: SecretStr | None = None
    alert_secret: SecretStr | None = None
    import_requests: Annotated[int, Field(ge=1, le=8)] = 4
    installation_comments_per_hour: Annotated[int, Field(ge=1)] = 400
    installation_comments_per_day: Annotated[int, Field(ge=1)] = 4000
    index_memory_mb: Annotated[int, Field(ge=16)] = 1024
    keep_days: Annotated[int, Field(ge=30)] = 400
    threads: Annotated[int, Field(ge=1, le=64)] = 1
    refit_schedule: str = "*/5 * * * *"
    refit_timezone: str = "UTC"
    refit_at: Annotated[str, Field(pattern=_WINDOW)] = "01:00-05:00"
    refit_seconds: Annotated[int, Field(ge=1)] = 900
    refit_memory_mb: Annotated[int, Field(ge=16)] = 4096

    @field_validator(
        *("webhook_secret", "private_key", "private_key_path", "github_token", "client_secret"),
        *("alert_url", "alert_secret"),
        mode="before",
    )
    @classmethod
    def _empty_is_missing(cls, value: Any) -> Any:
        return None if isinstance(value, str) and not value.strip() else value

    @field_validator("alert_url")
    @classmethod
    def _goes_out_safely(cls, value: SecretStr | None) -> SecretStr | None:
        if value is not None and not (_ALERT.match(value.get_secret_value()) and _has_port(value.get_secret_value())):
            raise ValueError("must be like https://HOST/PATH, without user and password (http:// only to this machine)")
        return value

    @field_validator("github_api_url")
    @classmethod
    def _is_http(cls, value: str) -> str:
        if not (_HTTP.match(value) and _has_port(value)):
            raise ValueError("must be like https://HOST/PATH (or http:// for a test double)")
        return value.rstrip("/")

    @field_validator("refit_timezone")
    @classmethod
    def _is_zone(cls, value: str) -> str:
        try:
            ZoneInfo(value)
        except (KeyError, ValueError, OSError):  # no such name; a name that is a path; one that is a folder
            raise ValueError("is no time zone; one is named like Europe/Berlin or UTC") from None
        return value

    @field_validator("database_url")
    @classmethod
    def _is_known_engine(cls, value: str) -> str:
        if not value.startswith(("sqlite:///", "postgresql://", "postgresql+psycopg://")):
            raise ValueError("must be sqlite:///FILE or postgresql://USER@HOST/NAME")
        return value

    @model_validator(mode="after")
    def _one_private_key(self) -> Settings:
        if self.private_key is not None and self.private_key_path is not None:
            raise ValueError("TRIAGE_PRIVATE_KEY and TRIAGE_PRIVATE_KEY_PATH are both set; keep one of them")
        return self

    def secret(self) -> bytes:
        """The webhook secret's bytes; raises SettingsError where it is missing or empty."""
        if self.webhook_secret is None:
            raise SettingsError(
                "TRIAGE_WEBHOOK_SECRET is missing or empty: set it to the webhook secret of the GitHub App "
                "(without one anybody could post deliveries, so the server does not start)"
            )
        return self.webhook_secret.get_secret_value().encode()

    def app_private_key(self) -> str:
        """The App's private key as PEM text; raises SettingsError where it is missing or unreadable."""
        if self.private_key is not None:
            return self.private_key.get_secret_value().replace("\\n", "\n")
        if self.private_key_path is None:
            raise SettingsError("TRIAGE_PRIVATE_KEY (PEM text) or TRIAGE_PRIVATE_KEY_PATH (a file) is missing")
        try:
            return self.private_key_path.read_text(encoding="utf-8")
        except (OSError, UnicodeDecodeError) as error:
            raise SettingsError(f"TRIAGE_PRIVATE_KEY_PATH={self.private_key_path}: {error}") from error

    @property
    def has_sign_in(self) -> bool:
        """Whether people can sign in to the dashboard with GitHub (the App's OAuth client)."""
        return bool(self.client_id) and self.client_secret is not None

    @property
    def is_app(self) -> bool:
        """Whether the settings name a GitHub App (id and key)."""
        return self.app_id is not None and (self.private_key is not None or self.private_key_path is not None)


def load(**overrides: Any) -> Settings:
    """Read the environment and `.env`; raises SettingsError that names each wrong variable and what it may be."""
    try:
        return Settings(**overrides)
    except ValidationError as error:
        raise SettingsError("\n".join(_sentence(problem) for problem in error.errors())) from None
    except (OSError, UnicodeDecodeError) as error:
        reason = error.strerror if isinstance(error, OSError) else "it is not UTF-8 text"
        raise SettingsError(f"{ENV_FILE} cannot be read: {reason}") from None


def _sentence(problem: Any) -> str:
    name = "_".join(str(part) for part in problem["loc"]).upper()
    message = str(problem["msg"]).removeprefix("Value error, ")
    if not name:
        return message
    secret = any(word in name for word in ("SECRET", "KEY", "TOKEN", "ALERT"))
    given = "" if secret else f"={_USER.sub('://***@', repr(problem['input']))}"
    return f"TRIAGE_{name}{given}: {message}"


def _has_port(url: str) -> bool:
    """Whether its port is one, where it names any."""
    try:
        return urlsplit(url).port != 0
    except ValueError:
        return False


def unknown_variables() -> dict[str, str]:
    """What looks like a setting and is none, in the environment or `.env` → a sentence that names what may be meant."""
    known = {name.upper() for name in Settings.model_fields}
    given = {name.upper() for name in (*os.environ, *dotenv_values(ENV_FILE))}
    ours = sorted(name.removeprefix("TRIAGE_") for name in given if name.startswith("TRIAGE_"))
    return {f"TRIAGE_{name}": _no_setting(name, known) for name in ours if name not in known}


def _no_setting(name: str, known: Iterable[str]) -> str:
    like = get_close_matches(name, known, 1, LIKE)
    return f"TRIAGE_{name} is no setting of ours" + (f"; did you mean TRIAGE_{like[0]}?" if like else "")


def child_environment(**variables: str) -> dict[str, str]:
    """The environment for a process that we start: ours without any TRIAGE_ setting, and these variables over it.

    Proxies are not asked for what is on this machine.
    """
    kept = {name: value for name, value in os.environ.items() if not name.startswith("TRIAGE_")}
    here = {name: "127.0.0.1,localhost" for name in ("NO_PROXY", "no_proxy")}
    return kept | here | variables
