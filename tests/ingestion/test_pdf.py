"""What is read of PDFs, which know where each letter stands, and nothing of lines, paragraphs, headings and tables."""

import time

import pytest
from reportlab.pdfgen.canvas import Canvas  # type: ignore[import-untyped]

from ingestion.connectors import RawDocument
from ingestion.parse import parse
from ingestion.parsed_document import ScannedError
from ingestion.pdf import parse_pdf
from tests.ingestion.sample_pdfs import LINE, column, pages, scanned, with_empty_password, write


def markdown(content: bytes) -> str:
    return parse(RawDocument(content, "a.pdf")).markdown


def in_order(text: str, *parts: str) -> bool:
    places = [text.find(part) for part in parts]
    return -1 not in places and places == sorted(places)


class TestColumns:
    def test_two_columns_are_read_one_after_the_other_though_written_line_by_line(self) -> None:
        def draw(canvas: Canvas) -> None:
            for number, (left, right) in enumerate(zip(column("Left", 12), column("Right", 12), strict=True)):
                write(canvas, 60, 700 - number * LINE, [left])
                write(canvas, 330, 700 - number * LINE, [right])

        text = markdown(pages(draw))
        assert in_order(text, "Left 0", "Left 11", "Right 0", "Right 11")

    def test_three_columns_are_read_one_after_the_other(self) -> None:
        def draw(canvas: Canvas) -> None:
            for number in range(10):
                for place, name in enumerate(("One", "Two", "Three")):
                    write(canvas, 40 + 185 * place, 700 - number * LINE, [f"{name} {number} has some words in it"])

        text = markdown(pages(draw))
        assert in_order(text, "One 0", "One 9", "Two 0", "Two 9", "Three 0", "Three 9")

    def test_what_runs_across_both_columns_stays_above_or_below_them(self) -> None:
        def draw(canvas: Canvas) -> None:
            write(canvas, 60, 740, ["A title that runs across both columns of the page"], size=18)
            write(canvas, 330, 700, column("Right", 10))
            write(canvas, 60, 700, column("Left", 10))
            wide = "A paragraph in the middle that goes from one edge of the page to the other edge, on a long line"
            write(canvas, 60, 560, [wide])
            write(canvas, 60, 530, column("Third", 10))
            write(canvas, 330, 530, column("Fourth", 10))

        text = markdown(pages(draw))
        assert in_order(text, "A title", "Left 0", "Left 9", "Right 0", "Right 9", "A paragraph", "Third 0", "Fourth 0")

    def test_a_sentence_goes_on_in_the_next_column_and_on_the_next_page(self) -> None:
        lines = ["You may carry over the days that are left only", *column("Filler", 8)]

        def first(canvas: Canvas) -> None:
            write(canvas, 60, 700, [*column("Filler", 8), "and the days that are left at the end of"])
            write(canvas, 330, 700, ["the year are kept. New text begins here now", *lines])

        text = markdown(pages(first))
        assert "left at the end of the year are kept." in text

    def test_a_table_is_not_taken_for_columns(self) -> None:
        def draw(canvas: Canvas) -> None:
            write(canvas, 60, 730, ["These are the rates for a night in a hotel, by the city that it is in:"])
            for number, row in enumerate(
                [("City", "Rate"), ("Berlin", "120"), ("Oslo", "180"), ("Paris", "150"), ("Rome", "130")] * 2
            ):
                write(canvas, 60, 700 - number * LINE, [row[0]])
                write(canvas, 330, 700 - number * LINE, [row[1]])

        assert "| City | Rate |\n| --- | --- |\n| Berlin | 120 |" in markdown(pages(draw))


class TestStructure:
    def test_larger_letters_are_headings_and_the_largest_the_title(self) -> None:
        def draw(canvas: Canvas) -> None:
            write(canvas, 72, 740, ["Travel policy"], size=20)
            write(canvas, 72, 700, ["Hotels"], size=14)
            write(canvas, 72, 680, ["Keep the receipts of all hotels for the time of", "ninety days after the trip."])
            write(canvas, 72, 640, ["Trains"], size=10, font="Helvetica-Bold")
            write(canvas, 72, 626, ["Second class is fine for all trips below the time of", "three hours in all."])

        page = parse(RawDocument(pages(draw), "travel.pdf"))
        assert page.title == "Travel policy"
        assert page.markdown == (
            "# Travel policy\n\n## Hotels\n\nKeep the receipts of all hotels for the time of ninety days after the "
            "trip.\n\n### Trains\n\nSecond class is fine for all trips below the time of three hours in all."
        )

    def test_words_divided_at_the_end_of_a_line_are_whole_and_hyphens_that_belong_stay(self) -> None:
        def draw(canvas: Canvas) -> None:
            lines = [
                "Every employee gets reimburse-",
                "ment for a long-term stay and a long-",
                "term stay only, by the Berlin-",
                "Brandenburg office of the firm.",
            ]
            write(canvas, 72, 700, lines)

        text = markdown(pages(draw))
        assert "gets reimbursement for" in text
        assert "a long-term stay only" in text
        assert "Berlin-Brandenburg office" in text

    def test_ligatures_become_letters(self) -> None:
        from ingestion.pdf import _LIGATURES

        assert "of\ufb01ce \ufb02oor sta\ufb00 o\ufb03ce".translate(_LIGATURES) == "office floor staff office"

    def test_what_every_page_repeats_is_left_out(self) -> None:
        def draw(number: int) -> None:
            def page(canvas: Canvas) -> None:
                write(canvas, 72, 760, ["ACME Inc. – internal"], size=8)
                write(canvas, 72, 700, [f"The text of page {word} stands here, and is longer than its head."])
                write(canvas, 300, 40, [f"Page {number} of 4"], size=8)

            word = ("one", "two", "three", "four")[number - 1]
            return page

        text = markdown(pages(*map(draw, (1, 2, 3, 4))))
        assert "ACME" not in text
        assert "Page 2 of 4" not in text
        assert all(f"page {word}" in text for word in ("one", "two", "three", "four"))

    def test_bullets_become_list_items(self) -> None:
        def draw(canvas: Canvas) -> None:
            write(canvas, 72, 700, ["Bring to your first day at the office all of these things:"])
            write(canvas, 80, 686, ["• your passport, or another paper that", "  says who you are", "• your laptop"])

        assert "- your passport, or another paper that says who you are\n- your laptop" in markdown(pages(draw))

    def test_signs_of_markup_are_text(self) -> None:
        content = pages(lambda canvas: write(canvas, 72, 700, ["Set <b>name</b> to 2 * 3 * 4 and then save the file."]))
        assert "Set \\<b>name\\</b> to 2 \\* 3 \\* 4" in markdown(content)


class TestPages:
    @pytest.mark.parametrize("turn", [0, 90, 180, 270])
    def test_turned_pages_are_read(self, turn: int) -> None:
        def draw(canvas: Canvas) -> None:
            canvas.setPageRotation(turn)
            canvas.translate(306, 396)
            canvas.rotate(turn)
            write(canvas, -200, 100, ["Leave is thirty days a year, and more for those", "who have been here long."])

        text = markdown(pages(draw))
        assert text == "Leave is thirty days a year, and more for those who have been here long."

    def test_a_pdf_that_opens_without_a_password_is_read(self) -> None:
        assert markdown(with_empty_password("About travel.")) == "About travel."

    def test_a_thousand_pages_are_read_in_time(self) -> None:
        def draw(canvas: Canvas) -> None:
            write(canvas, 72, 740, ["Section of the long handbook"], size=14)
            write(canvas, 72, 700, [f"{line} and then goes on to the edge" for line in column("Line", 25)])

        content = pages(*[draw] * 1_000)
        begun = time.process_time()
        text = parse_pdf(content, "long.pdf").markdown
        assert text.count("Line 24") == 1_000
        assert time.process_time() - begun < 30


class TestWhatCannotBeRead:
    def test_a_scan_is_said_to_be_one_with_what_to_do(self) -> None:
        with pytest.raises(ScannedError, match=r"a\.pdf holds no text, only pictures.*tesseract") as caught:
            markdown(scanned(3))
        assert caught.value.pages == 3
