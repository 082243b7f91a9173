"""What is read of Word documents, presentations, workbooks and e-mail messages as people have them."""

import io
import re
import zipfile
from datetime import datetime
from email.message import EmailMessage

import openpyxl  # type: ignore[import-untyped]
import pptx
import pytest
from pptx.chart.data import CategoryChartData
from pptx.enum.chart import XL_CHART_TYPE
from pptx.util import Inches

from ingestion.connectors import RawDocument
from ingestion.parse import ParsedDocument, ParseError, parse
from tests.ingestion import sample_documents
from tests.ingestion.hostile_files import with_part

W = 'xmlns:w="http://schemas.openxmlformats.org/wordprocessingml/2006/main"'


def word(body: str, **parts: str) -> ParsedDocument:
    """A Word document whose body is the XML `body`; `parts` are other parts by the name of what they hold."""
    content = sample_documents.docx([("Normal", "x")])
    document = f'<?xml version="1.0"?><w:document {W} {MATH}><w:body>{body}</w:body></w:document>'
    content = with_part(content, "word/document.xml", document.encode())
    relations = (
        "http://schemas.openxmlformats.org/package/2006/relationships",
        "http://schemas.openxmlformats.org/officeDocument/2006/relationships",
    )
    links = "".join(
        f'<Relationship Id="r{name}" Type="{relations[1]}/{name}" Target="{name}.xml"/>' for name in ("styles", *parts)
    )
    links = f'<?xml version="1.0"?><Relationships xmlns="{relations[0]}">{links}</Relationships>'
    content = with_part(content, "word/_rels/document.xml.rels", links.encode())
    for name, part in parts.items():
        content = with_part(content, f"word/{name}.xml", part.encode())
    return parse(RawDocument(content, "a.docx"))


MATH = 'xmlns:m="http://schemas.openxmlformats.org/officeDocument/2006/math"'


def paragraph(text: str, style: str = "") -> str:
    properties = f'<w:pPr><w:pStyle w:val="{style}"/></w:pPr>' if style else ""
    return f"<w:p>{properties}<w:r><w:t xml:space='preserve'>{text}</w:t></w:r></w:p>"


class TestWord:
    def test_tracked_changes_read_as_if_they_were_accepted(self) -> None:
        who = 'w:id="1" w:author="A" w:date="2024-01-01T00:00:00Z"'
        run = "<w:r><w:t xml:space='preserve'>{}</w:t></w:r>"
        gone = "<w:r><w:delText xml:space='preserve'>{}</w:delText></w:r>"
        page = word(
            f"<w:p>{run.format('You get ')}<w:del {who}>{gone.format('28')}</w:del>"
            f"<w:ins {who}>{run.format('30')}</w:ins>{run.format(' days.')}"
            f"<w:moveFrom {who}>{run.format(' Moved away.')}</w:moveFrom></w:p>"
            f"<w:p><w:moveTo {who}>{run.format('Moved here.')}</w:moveTo></w:p>"
        )
        assert page.markdown == "You get 30 days.\n\nMoved here."

    def test_comments_are_left_out_and_footnotes_come_at_the_end(self) -> None:
        comments = f'<w:comments {W}><w:comment w:id="0">{paragraph("Is this so?")}</w:comment></w:comments>'
        notes = f'<w:footnotes {W}><w:footnote w:id="2">{paragraph("By law.")}</w:footnote></w:footnotes>'
        page = word(
            '<w:p><w:r><w:t>You get 30 days.</w:t></w:r><w:r><w:footnoteReference w:id="2"/></w:r>'
            '<w:r><w:commentReference w:id="0"/></w:r></w:p>',
            comments=comments,
            footnotes=notes,
        )
        assert page.markdown == "You get 30 days.[1]\n\n1. By law."

    def test_a_company_s_own_styles_are_headings_by_their_level(self) -> None:
        styles = (
            f'<w:styles {W}><w:style w:type="paragraph" w:styleId="Acme1"><w:name w:val="Acme Chapter"/><w:pPr>'
            '<w:outlineLvl w:val="1"/></w:pPr></w:style><w:style w:type="paragraph" w:styleId="Acme1b">'
            '<w:name w:val="Acme Chapter Blue"/><w:basedOn w:val="Acme1"/></w:style>'
            '<w:style w:type="paragraph" w:styleId="T"><w:name w:val="Title"/></w:style>'
            '<w:style w:type="paragraph" w:styleId="TOC1"><w:name w:val="toc 1"/></w:style></w:styles>'
        )
        body = paragraph("Handbook", "T") + paragraph("Leave 3", "TOC1") + paragraph("Leave", "Acme1b")
        page = word(body + paragraph("You get 30 days."), styles=styles)
        assert page.title == "Handbook"
        assert page.markdown == "# Handbook\n\n## Leave\n\nYou get 30 days."

    def test_cells_merged_down_are_in_every_row(self) -> None:
        def cell(text: str, merge: str = "") -> str:
            return f"<w:tc><w:tcPr>{merge}</w:tcPr>{paragraph(text)}</w:tc>"

        rows = (
            cell("Grade") + cell("Days"),
            cell("A", '<w:vMerge w:val="restart"/>') + cell("30"),
            cell("", "<w:vMerge/>") + cell("31"),
        )
        table = "".join(f"<w:tr>{row}</w:tr>" for row in rows)
        assert word(f"<w:tbl>{table}</w:tbl>").markdown == "| Grade | Days |\n| --- | --- |\n| A | 30 |\n| A | 31 |"

    def test_formulas_are_written_as_latex(self) -> None:
        page = word(f"<w:p><m:oMath><m:r><m:t>a=b</m:t></m:r></m:oMath></w:p>{paragraph('Where b is it.')}")
        assert "a=b" in page.markdown


class TestPresentations:
    def test_slides_have_headings_bullets_tables_charts_and_notes(self) -> None:
        deck = pptx.Presentation()
        slide = deck.slides.add_slide(deck.slide_layouts[1])
        slide.shapes.title.text = "Leave\x0bpolicy"
        frame = slide.placeholders[1].text_frame
        frame.text = "Ask your manager"
        below = frame.add_paragraph()
        below.text, below.level = "Two weeks before", 1
        second = deck.slides.add_slide(deck.slide_layouts[5])
        second.shapes.title.text = "Figures"
        grid = second.shapes.add_table(2, 2, Inches(1), Inches(2), Inches(4), Inches(1)).table
        for place, text in enumerate(("Grade", "Days", "A", "30")):
            grid.cell(place // 2, place % 2).text = text
        data = CategoryChartData()
        data.categories = ["2023", "2024"]
        data.add_series("Sick days", (5, 7))
        second.shapes.add_chart(XL_CHART_TYPE.COLUMN_CLUSTERED, Inches(1), Inches(4), Inches(4), Inches(2), data)
        second.notes_slide.notes_text_frame.text = "Say that it rose."
        file = io.BytesIO()
        deck.save(file)
        page = parse(RawDocument(file.getvalue(), "a.pptx"))
        assert page.title == "Leave policy"
        assert "# Leave policy\n\n- Ask your manager\n  - Two weeks before" in page.markdown
        assert "# Figures\n\n| Grade | Days |\n| --- | --- |\n| A | 30 |" in page.markdown
        assert "| 2024 | 7 |" in page.markdown
        assert page.markdown.endswith("**Notes:**\n\nSay that it rose.")


class TestWorkbooks:
    def test_many_sheets_merged_cells_saved_values_and_times(self) -> None:
        book = openpyxl.Workbook()
        for number in range(60):
            book.create_sheet(f"Sheet {number}").append(["Number", number])
        sheet = book.active
        sheet.title = "Days"
        for row in (["Team", "Who", "From"], ["Sales", "Ann", datetime(2024, 1, 2, 9, 30)], [None, "Bob", None]):
            sheet.append(row)
        sheet.merge_cells("A2:A3")
        sheet["D1"], sheet["D2"] = "Sum", "=1+2"
        file = io.BytesIO()
        book.save(file)
        # What openpyxl cannot write: the value that Excel saves beside a formula.
        content = file.getvalue()
        with zipfile.ZipFile(io.BytesIO(content)) as archive:
            part = archive.read("xl/worksheets/sheet1.xml")
        content = with_part(
            content, "xl/worksheets/sheet1.xml", re.sub(rb"(</f>)<v\s*/>|(</f>)<v></v>", rb"</f><v>3</v>", part)
        )
        text = parse(RawDocument(content, "a.xlsx")).markdown
        assert "## Days\n\n| Team | Who | From | Sum |" in text
        assert "| Sales | Ann | 2024-01-02 09:30 | 3 |\n| Sales | Bob |" in text
        assert text.count("\n## Sheet ") == 60


class TestMessages:
    def message(self, text: str | None, html: str | None = None) -> EmailMessage:
        message = EmailMessage()
        message["Subject"] = "Neue Regelung für Urlaub"
        message["From"] = "Ann Lee <ann@example.com>"
        message["To"] = "all@example.com"
        message["Date"] = "Tue, 02 Jan 2024 09:30:00 +0100"
        if text is not None:
            message.set_content(text)
        if html is not None:
            message.add_alternative(html, subtype="html") if text is not None else message.set_content(html, "html")
        return message

    def read(self, message: EmailMessage) -> ParsedDocument:
        return parse(RawDocument(message.as_bytes(), "a.eml"))

    def test_the_subject_is_the_title_and_attachments_are_named(self) -> None:
        message = self.message("Ab 2024 gibt es 30 Tage – für alle.\n\nGrüße\nAnn")
        message.add_attachment(b"%PDF-1.4 secret", maintype="application", subtype="pdf", filename="Urlaub.pdf")
        page = self.read(message)
        assert page.title == "Neue Regelung für Urlaub"
        assert page.markdown.split("\n\n") == [
            "From: Ann Lee (ann@example.com)  \nTo: all@example.com  \nDate: 2024-01-02 09:30",
            "Ab 2024 gibt es 30 Tage – für alle.",
            "Grüße  \nAnn",
            "Attached, and not read: Urlaub.pdf",
        ]

    def test_a_message_of_html_alone_is_read(self) -> None:
        page = self.read(self.message(None, "<html><style>x{}</style><p>You get <b>30 days</b>.</p></html>"))
        assert page.markdown.endswith("You get **30 days**.")

    def test_plain_text_is_preferred_where_both_are_there(self) -> None:
        assert "As text." in self.read(self.message("As text.", "<p>As HTML.</p>")).markdown

    def test_the_media_type_says_what_it_is_too(self) -> None:
        content = self.message("Text.").as_bytes()
        assert parse(RawDocument(content, "message", "message/rfc822")).title == "Neue Regelung für Urlaub"

    def test_outlook_s_own_format_is_refused_with_what_to_do(self) -> None:
        content = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + bytes(500) + "__substg1.0_1000001F".encode("utf-16-le")
        with pytest.raises(ParseError, match=r"a\.msg is a message in Outlook's own format: save it as \.eml"):
            parse(RawDocument(content, "a.msg"))
