from datetime import timedelta
from pathlib import Path

import pytest

from bot.settings import Settings, SettingsError, load_settings
from bot.sources import configured_sources, named_sources


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


def test_the_environment_wins_over_lore_toml(home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("LLM_MODEL", "from-the-environment")
    settings = load(home, 'llm_base_url = "http://127.0.0.1:1/v1"\nllm_model = "from-the-file"')
    assert settings.llm_model == "from-the-environment"


def test_lore_learns_every_night_unless_it_is_told_otherwise(home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    settings = load_settings()
    assert (settings.learn_at, settings.learn_after, settings.most_share) == ("0 3 * * *", 50, 0.25)
    settings = load(home, 'learn_at = "never"\nlearn_after = 10\nmost_share = 1.0')
    assert (settings.learn_at, settings.learn_after, settings.most_share) == ("never", 10, 1.0)
    monkeypatch.setenv("LEARN_AT", "30 4 * * 6")
    assert load_settings().learn_at == "30 4 * * 6"


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
        ('learn_at = "at night"', "learn_at"),
        ("learn_after = 0", "learn_after: Input should be greater than or equal to 1"),
        ("most_share = 0", "most_share: Input should be greater than 0"),
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
def test_a_source_that_cannot_be_made_says_what_it_needs(home: Path, toml: str, said: str) -> None:
    settings = load(home, toml)
    with pytest.raises(SettingsError) as refused:
        configured_sources(settings)
    assert said in str(refused.value)


def test_a_path_counts_from_the_home(home: Path) -> None:
    pages = home.parent / f"{home.name}-pages"
    pages.mkdir()
    (pages / "a.md").write_text("# A")
    [source] = configured_sources(load(home, f'[[sources]]\nname = "a"\npath = "../{pages.name}"'))
    assert [ref.id for ref in source.connector.list()] == ["a.md"]


def test_an_unknown_source_name_is_answered_with_the_known_ones(home: Path) -> None:
    sources = configured_sources(load(home, '[[sources]]\nname = "wiki"\npath = "."'))
    with pytest.raises(SettingsError, match=r"no source named handbook .* there is: wiki"):
        named_sources(sources, ["handbook"])
