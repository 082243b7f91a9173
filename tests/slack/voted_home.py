"""A LORE_HOME in which people have asked and voted before: the samples, the two offices' pages, and the votes."""

from pathlib import Path

from bot.app import Lore, open_lore
from bot.settings import load_settings
from storage.document import PUBLIC
from storage.questions import Asked
from tests.slack.two_sites import OFFICIAL_NAME, TOPICS, write_pages

SAMPLES = Path(__file__).parents[2] / "samples"
VOTERS = 7


def make_home(home: Path, not_asked: str) -> None:
    """Sync, ask each question but `not_asked`, and vote as whoever knows the right page does.

    LORE_HOME must be `home` already.
    """
    write_pages(home / "offices")
    (home / "lore.toml").write_text(
        'learn_at = "never"\n'
        f'[[sources]]\nname = "handbook"\npath = "{SAMPLES}"\n'
        '[[sources]]\nname = "offices"\npath = "offices"\n'
    )
    nicknamed = [(question, topic.right) for topic in TOPICS for question in topic.asked if question != not_asked]
    named = [(question, topic.wrong) for question, name in OFFICIAL_NAME for topic in TOPICS if topic.name == name]
    with open_lore(load_settings(), "a test") as lore:
        for source in lore.sources:
            report = lore.syncs.sync(source)
            assert report.error is None
        for number, (question, right) in enumerate([*nicknamed, *named]):
            _ask_and_vote(lore, number, question, right)


def _ask_and_vote(lore: Lore, number: int, question: str, right: str) -> None:
    """Ask by a command, whose answer only the asker sees, so that nobody's thread gets a receipt."""
    user = f"U0VOTER{number % VOTERS}"
    answer = lore.quoting.answer(question, PUBLIC)
    id = lore.questions.accept(Asked("command", "T0PLAYGRND", "C0OTHER", f"1.{number:06}", user, question))
    assert id is not None
    answer_id = lore.questions.record(id, answer)
    lore.questions.delivered(id)
    if answer.citations and answer.citations[0].passage.document.id == right:
        lore.questions.vote(answer_id, user, 1)
    else:
        lore.questions.vote(answer_id, user, -1)
        assert lore.questions.explain_vote(answer_id, user, "wrong_source", right)
