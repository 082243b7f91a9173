"""Settings: lore.toml in LORE_HOME and the environment, validated at start. The only reader of the environment."""

import os
import re
import tomllib
from datetime import timedelta
from pathlib import Path
from typing import Annotated, Any, Literal

from pydantic import (
    AliasChoices,
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    SecretStr,
    ValidationError,
    field_validator,
    model_validator,
)
from pydantic_settings import BaseSettings, PydanticBaseSettingsSource, SettingsConfigDict, TomlConfigSettingsSource

from learning.triplets import MOST_SHARE
from storage.document import EVERYONE, Audience
from storage.embedder import DEFAULT_MODEL

NEVER = "never"
DEFAULT_LEARN_AT = "0 3 * * *"
DEFAULT_EVAL_AT = "30 4 * * *"

_UNITS = {"s": "seconds", "m": "minutes", "h": "hours", "d": "days"}


class SettingsError(Exception):
    """A setting is wrong or missing; the message names each and says what it should be."""


def _interval(value: object) -> object:
    if not isinstance(value, str):
        return value
    match = re.fullmatch(r"(\d+)\s*([smhd])", value.strip())
    if match is None or int(match[1]) == 0:
        raise ValueError(f'{value!r} is no interval; write a number and a unit, as in "30m", "1h" or "2d"')
    return timedelta(**{_UNITS[match[2]]: int(match[1])})


def _interval_or_never(value: object) -> object:
    return value if value == NEVER else _interval(value)


def _interval_or_none_at_all(value: object) -> object:
    return timedelta(0) if isinstance(value, str) and re.fullmatch(r"0\s*[smhd]", value.strip()) else _interval(value)


def _cron_line(value: str) -> str:
    # Nobody's start waits for the scheduler to be imported on account of a default.
    if value not in (DEFAULT_LEARN_AT, DEFAULT_EVAL_AT):
        from ingestion.cron import cron_trigger

        cron_trigger(value)
    return value


def _audience(value: object) -> object:
    names = [value] if isinstance(value, str) else value
    if not isinstance(names, list | set | frozenset) or not names:
        raise ValueError('write "everyone", or a list of channels and user groups such as ["#people", "@hr"]')
    for name in names:
        if name != EVERYONE and not (isinstance(name, str) and re.fullmatch(r"[#@]\S+", name)):
            raise ValueError(f'{name!r} is neither "everyone" nor a channel ("#people") or user group ("@hr")')
    return frozenset(names)


def _from_environment(key: str, value: object) -> object:
    """The value with what stands in the environment, at any depth: some connectors' keys are tables of their own."""
    if isinstance(value, dict):
        return {inner: _from_environment(f"{key}.{inner}", held) for inner, held in value.items()}
    if isinstance(value, list):
        return [_from_environment(key, held) for held in value]
    match = re.fullmatch(r"\$\{(\w+)\}", value) if isinstance(value, str) else None
    if match is None:
        return value
    if not (found := os.environ.get(match[1])):
        raise ValueError(f"`{key}` is {value}, and the environment has no {match[1]}; set it where Lore is started")
    return found


class SourceSettings(BaseModel):
    """One `[[sources]]` table of lore.toml. Keys that are not named here are the connector's own.

    A value that is `${NAME}` stands for that variable of the environment, so that no token has to be in the file.
    """

    model_config = ConfigDict(extra="allow", frozen=True)

    name: Annotated[str, Field(min_length=1, max_length=200)]
    connector: str = "files"
    every: Annotated[timedelta | None, BeforeValidator(_interval)] = None
    cron: str | None = None
    jitter: Annotated[timedelta | None, BeforeValidator(_interval_or_none_at_all)] = None
    """The most by which a scheduled sync is late, at random, so that not all come at once."""
    audience: Annotated[Audience, BeforeValidator(_audience)] = frozenset({EVERYONE})

    @property
    def options(self) -> dict[str, Any]:
        """The connector's own keys."""
        return dict(self.model_extra or {})

    @model_validator(mode="before")
    @classmethod
    def _with_the_environments_values(cls, table: Any) -> Any:
        return (
            {key: _from_environment(key, value) for key, value in table.items()} if isinstance(table, dict) else table
        )

    @field_validator("cron")
    @classmethod
    def _is_a_cron_line(cls, value: str | None) -> str | None:
        return None if value is None else _cron_line(value)

    @model_validator(mode="after")
    def _has_one_schedule(self) -> "SourceSettings":
        if self.every is not None and self.cron is not None:
            raise ValueError("has both `every` and `cron`; keep one")
        return self


class QdrantSettings(BaseModel):
    """The `[qdrant]` table of lore.toml: what a collection on the server is made with (docs/scale.md)."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    shard_number: Annotated[int | None, Field(ge=1)] = None
    replication_factor: Annotated[int | None, Field(ge=1)] = None
    quantization: Literal["none", "int8", "binary"] = "none"
    on_disk: bool = False
    audience_is_tenant: bool = False


class Settings(BaseSettings):
    """All settings. Each can be a key of lore.toml or, in capitals, a variable of the environment, which wins."""

    model_config = SettingsConfigDict(extra="forbid", frozen=True, env_ignore_empty=True)

    home: Annotated[Path, Field(validation_alias=AliasChoices("home", "LORE_HOME"))]

    database_url: SecretStr | None = None
    qdrant_url: str | None = None
    qdrant_api_key: SecretStr | None = None
    qdrant: QdrantSettings = QdrantSettings()
    """For a server or a cluster; the embedded index is made as it is."""

    embedding_model: str = DEFAULT_MODEL
    embedding_device: str | None = None
    reranker_model: str | None = None
    """A sentence-transformers CrossEncoder, by name or path, that reads the best passages again; none without it."""
    grounding_model: str | None = None
    """A sentence-transformers CrossEncoder for natural language inference, by name or path: a drafted sentence is shown
    only if the passage entails it. Without it, embeddings say whether they mean the same."""
    documents_language: str = "english"
    """For BM25's stemming and stop words."""

    stale_after: Annotated[timedelta | Literal["never"], BeforeValidator(_interval_or_never)] = timedelta(days=730)
    """An answer says so that rests on documents alone which were last changed longer ago; "never" says nothing."""
    answered_before: bool = True
    """Whether a question that means the same as one answered well is answered with the same words."""

    votes_at_once: bool = True
    """Whether a vote moves what questions close to the voted one find at once, before any training."""

    llm_base_url: str | None = None
    """Of an OpenAI-compatible endpoint. Without it, the model of `llm_model` runs in this process."""
    llm_model: str | None = None
    """Its name at that endpoint; or a folder with a transformers model, a GGUF file, or a name on the Hub."""
    llm_api_key: SecretStr | None = None
    llm_device: Annotated[str, Field(pattern=r"^(auto|cpu|mps|cuda(:\d+)?)$")] = "auto"
    """Where a model in this process computes; "auto" is the best there is."""
    llm_window: Annotated[int | None, Field(ge=512)] = None
    """The most tokens that the LLM is given and writes in one go. None: what it says of itself, as far as is quick."""
    llm_reply_tokens: Annotated[int, Field(ge=32)] = 512
    """Of the window, what is left for the reply; a third of it at most."""
    llm_timeout: Annotated[float, Field(gt=0)] = 60.0
    """Seconds without a word from the LLM before it counts as dead, and those that a question waits for its turn."""

    slack_bot_token: SecretStr | None = None
    slack_app_token: SecretStr | None = None
    slack_signing_secret: SecretStr | None = None
    slack_api_url: str = "https://slack.com/api/"
    guests: Literal["public", "nothing"] = "public"
    """What guests and people of other companies see: what everyone may, or nothing."""
    questions_a_minute: Annotated[int, Field(ge=0)] = 20
    questions_a_day: Annotated[int, Field(ge=0)] = 300
    """Of one person; 0 is no limit."""
    answer_workers: Annotated[int, Field(ge=1, le=64)] = 4
    """Questions answered at the same time."""

    learn_at: str = DEFAULT_LEARN_AT
    """When `lore serve` learns from new votes: a cron line, or "never"."""
    learn_after: Annotated[int, Field(ge=1)] = 50
    """New triplets without which it does not."""
    most_share: Annotated[float, Field(gt=0, le=1)] = MOST_SHARE
    """What one person weighs at most of all that is learnt."""

    eval_questions: Path | None = None
    """A file of questions whose answers are known, which `lore eval answers` asks; from LORE_HOME if it is relative."""
    eval_at: str = DEFAULT_EVAL_AT
    """When `lore serve` asks them: a cron line, or "never"; after each promotion in any case."""

    sync_in_serve: bool = True
    """Whether `lore serve` syncs sources on their schedules; no where `lore worker` does."""
    metrics_port: Annotated[int | None, Field(ge=1, le=65_535)] = None
    """Where Prometheus finds /metrics; without it, nowhere, but for the port of `lore serve --http`."""
    metrics_host: str = "127.0.0.1"
    details_port: Annotated[int | None, Field(ge=1, le=65_535)] = None
    """Where a page on this machine finds what is known of each answer, texts included; without it, nowhere."""

    log_level: Literal["debug", "info", "warning", "error"] = "info"

    sources: list[SourceSettings] = []

    @property
    def sql_url(self) -> str:
        """DATABASE_URL, or the SQLite file in LORE_HOME."""
        return self.database_url.get_secret_value() if self.database_url else f"sqlite:///{self.home / 'lore.db'}"

    @property
    def oldest(self) -> timedelta | None:
        """STALE_AFTER, None for never."""
        return self.stale_after if isinstance(self.stale_after, timedelta) else None

    @property
    def index_folder(self) -> Path:
        """Where the embedded index lives."""
        return self.home / "index"

    @model_validator(mode="after")
    def _sources_have_names_of_their_own(self) -> "Settings":
        names = [source.name for source in self.sources]
        if twice := sorted({name for name in names if names.count(name) > 1}):
            raise ValueError(f"two sources are named {', '.join(twice)}; give each source a name of its own")
        return self

    @property
    def known_questions(self) -> Path | None:
        """Where the file of `eval_questions` is."""
        return None if self.eval_questions is None else self.home / self.eval_questions.expanduser()

    @field_validator("learn_at", "eval_at")
    @classmethod
    def _is_a_time_or_never(cls, value: str) -> str:
        return value if value == NEVER else _cron_line(value)

    @model_validator(mode="after")
    def _llm_has_a_name(self) -> "Settings":
        if self.llm_base_url and not self.llm_model:
            raise ValueError("LLM_BASE_URL is set but LLM_MODEL is not; set it to the model's name at that address")
        return self

    @property
    def llm_place(self) -> str | None:
        """Where the weights of a model in this process are: a path, or a name on the Hub. None without such a model.

        A relative path is one from LORE_HOME. Raises SettingsError where a path leads nowhere.
        """
        if self.llm_model is None or self.llm_base_url is not None:
            return None
        model = Path(self.llm_model)
        path = self.home / (model.expanduser() if self.llm_model.startswith("~/") else model)
        if path.exists():
            return str(path)
        if self.llm_model.startswith(("/", ".", "~")) or self.llm_model.lower().endswith(".gguf"):
            raise SettingsError(
                f"LLM_MODEL is {self.llm_model}, and there is nothing at {path}. Set it to a folder with a "
                "transformers model or to a GGUF file, or set LLM_BASE_URL where the model is behind an endpoint."
            )
        return self.llm_model

    @classmethod
    def settings_customise_sources(
        cls,
        settings_cls: type[BaseSettings],
        init_settings: PydanticBaseSettingsSource,
        env_settings: PydanticBaseSettingsSource,
        dotenv_settings: PydanticBaseSettingsSource,
        file_secret_settings: PydanticBaseSettingsSource,
    ) -> tuple[PydanticBaseSettingsSource, ...]:
        toml = TomlConfigSettingsSource(settings_cls, lore_toml(home_folder()))
        return init_settings, env_settings, toml


def home_folder() -> Path:
    """LORE_HOME, or ~/.lore."""
    return Path(os.environ.get("LORE_HOME") or Path.home() / ".lore").expanduser().absolute()


def lore_toml(home: Path) -> Path:
    """Where the settings of a home stand."""
    return home / "lore.toml"


def load_settings() -> Settings:
    """The settings of this process; raises SettingsError with one line for each that is wrong."""
    home = home_folder()
    file = lore_toml(home)
    try:
        return Settings(home=home)
    except ValidationError as error:
        lines = [f"  {_place(problem['loc'])}{_reason(problem)}" for problem in error.errors()]
        raise SettingsError("\n".join([f"Settings in {file} or the environment are wrong:", *lines])) from error
    except tomllib.TOMLDecodeError as error:
        raise SettingsError(f"{file} is not valid TOML: {error}. Mend that line.") from error
    except (OSError, UnicodeDecodeError) as error:
        raise SettingsError(f"{file} cannot be read: {error}.") from error


def _place(location: tuple[int | str, ...]) -> str:
    if not location:
        return ""
    return ".".join(f"[{part + 1}]" if isinstance(part, int) else str(part) for part in location) + ": "


def _reason(problem: Any) -> str:
    if problem["type"] == "extra_forbidden":
        return "there is no such setting; check its spelling"
    return str(problem["msg"]).removeprefix("Value error, ")
