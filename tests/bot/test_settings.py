from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from types import SimpleNamespace
from typing import cast

import pytest

from bot.settings import Settings, SettingsError, load_settings
from bot.sources import answers_source, configured_sources, described_sources, named_sources, state_folder
from ingestion.connectors import DocumentRef, RawDocument
from storage.database import Database
from storage.document import PUBLIC
from storage.qdrant_collection import CollectionMaking
from storage.saved_answers import SavedAnswer, SavedAnswers


@pytest.fixture
def database(sqlite_url: str) -> Iterator[Database]:
    """One in which nothing was saved."""
    database = Database.open(sqlite_url)
    yield database
    database.close()


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("LORE_HOME", str(tmp_path))
    for name in ("DATABASE_URL", "QDRANT_URL", "LLM_BASE_URL", "LLM_MODEL", "SLACK_BOT_TOKEN"):
        monkeypatch.delenv(name, raising=False)
    return tmp_path


def load(home: Path, toml: str) -> Settings:
    (home / "lore.toml").write_text(toml, encoding="utf-8")
    return load_settings()


def refusal(home: Path, toml: str) -> str:
    with pytest.raises(SettingsError) as refused:
        load(home, toml)
    return str(refused.value)


def test_without_lore_toml_the_defaults_hold(home: Path) -> None:
    settings = load_settings()
    assert settings.home == home
    assert settings.sql_url == f"sqlite:///{home}/lore.db"
    assert settings.sources == []


def test_a_source_is_read_with_the_connectors_own_keys(home: Path) -> None:
    [source] = load(
        home,
        """
        [[sources]]
        name = "handbook"
        connector = "files"
        path = "../handbook/pages"
        every = "1h"
        jitter = "0s"
        audience = ["#people", "@hr"]
        """,
    ).sources
    assert (source.every, source.jitter) == (timedelta(hours=1), timedelta(0))
    assert source.audience == {"#people", "@hr"}
    assert source.options == {"path": "../handbook/pages"}


def test_a_sources_token_can_stand_in_the_environment(home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    toml = '[[sources]]\nname = "wiki"\nconnector = "files"\npath = "$HOME"\ntoken = "${WIKI_TOKEN}"'
    monkeypatch.setenv("WIKI_TOKEN", "s3cret")
    [source] = load(home, toml).sources
    assert source.options == {"path": "$HOME", "token": "s3cret"}
    monkeypatch.delenv("WIKI_TOKEN")
    assert "the environment has no WIKI_TOKEN" in refusal(home, toml)


def test_a_token_in_a_table_of_a_source_can_stand_in_the_environment_too(
    home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    keys = 'arguments = { token = "${WIKI_TOKEN}", spaces = ["a", "${WIKI_SPACE}"] }'
    toml = f'[[sources]]\nname = "wiki"\nconnector = "llamahub"\n{keys}'
    monkeypatch.setenv("WIKI_TOKEN", "s3cret")
    monkeypatch.setenv("WIKI_SPACE", "b")
    [source] = load(home, toml).sources
    assert source.options == {"arguments": {"token": "s3cret", "spaces": ["a", "b"]}}
    monkeypatch.delenv("WIKI_TOKEN")
    assert "`arguments.token` is ${WIKI_TOKEN}, and the environment has no WIKI_TOKEN" in refusal(home, toml)


def test_the_environment_wins_over_lore_toml(home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("LLM_MODEL", "from-the-environment")
    settings = load(home, 'llm_base_url = "http://127.0.0.1:1/v1"\nllm_model = "from-the-file"')
    assert settings.llm_model == "from-the-environment"


def test_a_model_in_this_process_is_a_path_from_lore_home_or_a_name(home: Path) -> None:
    (home / "models").mkdir()
    (home / "models" / "small.gguf").touch()
    assert load(home, 'llm_model = "models/small.gguf"').llm_place == str(home / "models" / "small.gguf")
    assert load(home, f'llm_model = "{home}/models"').llm_place == f"{home}/models"
    assert load(home, 'llm_model = "someone/some-model"').llm_place == "someone/some-model"
    assert load(home, 'llm_base_url = "http://127.0.0.1:1/v1"\nllm_model = "models"').llm_place is None
    assert load(home, "").llm_place is None


@pytest.mark.parametrize("model", ["models/gone.gguf", "./models", "/nowhere/model", "~/nowhere/model"])
def test_a_path_to_a_model_that_leads_nowhere_is_named(home: Path, model: str) -> None:
    settings = load(home, f'llm_model = "{model}"')
    with pytest.raises(SettingsError, match="and there is nothing at"):
        assert settings.llm_place


def test_lore_learns_every_night_unless_it_is_told_otherwise(home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    settings = load_settings()
    assert (settings.learn_at, settings.learn_after, settings.most_share) == ("0 3 * * *", 50, 0.25)
    settings = load(home, 'learn_at = "never"\nlearn_after = 10\nmost_share = 1.0')
    assert (settings.learn_at, settings.learn_after, settings.most_share) == ("never", 10, 1.0)
    monkeypatch.setenv("LEARN_AT", "30 4 * * 6")
    assert load_settings().learn_at == "30 4 * * 6"


def test_what_a_collection_on_the_server_is_made_with_can_be_set(home: Path) -> None:
    made_with = load(home, '[qdrant]\nshard_number = 6\nquantization = "int8"\non_disk = true').qdrant
    assert CollectionMaking(**made_with.model_dump()) == CollectionMaking(6, None, "int8", on_disk=True)
    assert CollectionMaking(**load(home, "").qdrant.model_dump()) == CollectionMaking()


def test_an_empty_variable_counts_as_unset(home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("QDRANT_URL", "")
    assert load_settings().qdrant_url is None


def test_variables_that_every_machine_has_are_no_settings(home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("LANGUAGE", "en_US:en")
    monkeypatch.setenv("HOME", "/nowhere")
    settings = load_settings()
    assert settings.documents_language == "english"
    assert settings.home == home


def test_secrets_do_not_show_when_settings_are_printed(home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SLACK_BOT_TOKEN", "xoxb-hunter2")
    monkeypatch.setenv("DATABASE_URL", "postgresql://lore:hunter2@127.0.0.1/lore")
    assert "hunter2" not in repr(load_settings())


@pytest.mark.parametrize(
    ("toml", "said"),
    [
        ("[[sources]\n", "is not valid TOML"),
        ('datbase_url = "x"', "datbase_url: there is no such setting"),
        ('[[sources]]\nconnector = "files"', "sources.[1].name: Field required"),
        ('[[sources]]\nname = "a"\nevery = "often"', "'often' is no interval"),
        ('[[sources]]\nname = "a"\nevery = "0m"', "'0m' is no interval"),
        ('[[sources]]\nname = "a"\ncron = "at noon"', "cron"),
        ('[[sources]]\nname = "a"\nevery = "1h"\ncron = "0 3 * * *"', "has both `every` and `cron`"),
        ('[[sources]]\nname = "a"\naudience = ["people"]', "'people' is neither"),
        ('[[sources]]\nname = "a"\naudience = []', "a list of channels"),
        ('[[sources]]\nname = "a"\n[[sources]]\nname = "a"', "two sources are named a"),
        ('llm_base_url = "http://127.0.0.1:1/v1"', "LLM_MODEL is not"),
        ('llm_device = "gpu"', "llm_device: String should match"),
        ("llm_window = 100", "llm_window: Input should be greater than or equal to 512"),
        ('learn_at = "at night"', "learn_at"),
        ("learn_after = 0", "learn_after: Input should be greater than or equal to 1"),
        ("most_share = 0", "most_share: Input should be greater than 0"),
        ("[qdrant]\nshard_number = 0", "qdrant.shard_number: Input should be greater than or equal to 1"),
        ('[qdrant]\nquantization = "half"', "qdrant.quantization: Input should be 'none', 'int8' or 'binary'"),
        ("[qdrant]\nshards = 3", "qdrant.shards: there is no such setting"),
        ("most_share = 1.5", "most_share: Input should be less than or equal to 1"),
    ],
)
def test_a_wrong_setting_is_named_with_what_it_should_be(home: Path, toml: str, said: str) -> None:
    message = refusal(home, toml)
    assert str(home / "lore.toml") in message
    assert said in message


def test_a_lore_toml_that_is_not_text_is_refused(home: Path) -> None:
    (home / "lore.toml").write_bytes(b"\xff\xfe\x00")
    with pytest.raises(SettingsError, match="cannot be read"):
        load_settings()


@pytest.mark.parametrize(
    ("toml", "said"),
    [
        ('[[sources]]\nname = "a"\nconnector = "carrier-pigeon"', "which is not installed; there is: "),
        ('[[sources]]\nname = "a"\npth = "x"', "has a key pth that the connector files does not know"),
        ('[[sources]]\nname = "a"', "lacks the key path"),
    ],
)
def test_a_source_that_cannot_be_made_says_what_it_needs(home: Path, database: Database, toml: str, said: str) -> None:
    settings = load(home, toml)
    with pytest.raises(SettingsError) as refused:
        configured_sources(settings, database)
    assert said in str(refused.value)


def test_a_path_counts_from_the_home(home: Path, database: Database) -> None:
    pages = home.parent / f"{home.name}-pages"
    pages.mkdir()
    (pages / "a.md").write_text("# A")
    [source] = configured_sources(load(home, f'[[sources]]\nname = "a"\npath = "../{pages.name}"'), database)
    assert [ref.id for ref in source.connector.list()] == ["a.md"]


class _RememberingConnector:
    def __init__(self, state: Path, depth: int = 1) -> None:
        self.state = state

    def list(self) -> Iterator[DocumentRef]:
        yield from ()

    def fetch(self, ref: DocumentRef) -> RawDocument:
        raise NotImplementedError


@pytest.fixture
def remembering(monkeypatch: pytest.MonkeyPatch) -> None:
    """A connector that asks for a folder to remember in is installed."""
    offered = SimpleNamespace(name="remembering", load=lambda: _RememberingConnector)
    monkeypatch.setattr("bot.sources.entry_points", lambda group: [offered])


@pytest.mark.usefixtures("remembering")
def test_a_connector_that_remembers_gets_a_folder_of_its_sources_own(home: Path, database: Database) -> None:
    names = ["web", "Web", "..", "a/b", "ü" * 200]
    tables = [f'[[sources]]\nname = "{name}"\nconnector = "remembering"' for name in names]
    sources = configured_sources(load(home, "\n".join(tables)), database)
    folders = [cast("_RememberingConnector", source.connector).state for source in sources]
    assert len({str(folder).lower() for folder in folders}) == len(names)
    assert {folder.parent for folder in folders} == {home / "state"}
    assert {source.name: folder for source, folder in zip(sources, folders, strict=True)} == {
        name: state_folder(home, name) for name in names
    }


@pytest.mark.usefixtures("remembering")
def test_the_folder_to_remember_in_is_no_key_of_lore_toml(home: Path, database: Database) -> None:
    settings = load(home, '[[sources]]\nname = "a"\nconnector = "remembering"\nstate = "x"')
    with pytest.raises(
        SettingsError, match="a key state that the connector remembering does not know; it knows: depth"
    ):
        configured_sources(settings, database)


def test_saved_answers_are_a_source_from_the_first_on_without_being_named(home: Path, database: Database) -> None:
    settings = load(home, '[[sources]]\nname = "answers"\npath = "."')
    assert [source.name for source in configured_sources(settings, database)] == ["answers"]
    assert answers_source(settings, database).name == "saved answers"
    answer = SavedAnswer("Which key?", "The red one.", "UADA", "C1", "https://x/p1", PUBLIC, "UBOB")
    SavedAnswers(database).save(answer)
    SavedAnswers(database).remove(answer.permalink)
    [_, answers] = configured_sources(settings, database)
    assert (answers.name, answers.connector_name, answers.audience) == ("saved answers", "answers", PUBLIC)
    [_, described] = described_sources(settings, database)
    assert (described.name, described.schedule) == ("saved answers", "every 5m")


def test_saved_answers_that_are_named_are_not_a_second_source(home: Path, database: Database) -> None:
    settings = load(home, '[[sources]]\nname = "colleagues"\nconnector = "answers"\naudience = ["#people"]')
    SavedAnswers(database).save(SavedAnswer("Which key?", "Red.", "UADA", "C1", "https://x/p1", PUBLIC, "UBOB"))
    [source] = configured_sources(settings, database)
    assert source.name == answers_source(settings, database).name == "colleagues"
    assert source.audience == frozenset({"#people"})


def test_an_unknown_source_name_is_answered_with_the_known_ones(home: Path, database: Database) -> None:
    sources = configured_sources(load(home, '[[sources]]\nname = "wiki"\npath = "."'), database)
    with pytest.raises(SettingsError, match=r"no source named handbook .* there is: wiki"):
        named_sources(sources, ["handbook"])


def test_a_connector_that_asks_for_the_database_is_handed_it_and_no_lore_toml_can_name_one(
    home: Path, database: Database, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "shelf.py").write_text(
        "class Shelf:\n    def __init__(self, database, most=5):\n        self.parts = database, most"
    )
    package = tmp_path / "shelf-1.dist-info"
    package.mkdir()
    (package / "METADATA").write_text("Name: shelf\nVersion: 1\n")
    (package / "entry_points.txt").write_text("[lore.connectors]\nshelf = shelf:Shelf\n")
    monkeypatch.syspath_prepend(tmp_path)
    [source] = configured_sources(load(home, '[[sources]]\nname = "a"\nconnector = "shelf"\nmost = 7'), database)
    assert source.connector.parts == (database, 7)  # type: ignore[attr-defined]
    settings = load(home, '[[sources]]\nname = "a"\nconnector = "shelf"\ndatabase = "x"')
    with pytest.raises(
        SettingsError, match="has a key database that the connector shelf does not know; it knows: most"
    ):
        configured_sources(settings, database)
