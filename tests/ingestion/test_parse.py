"""What a reader gets of documents of every kind, and what is said about those that cannot be read."""

import base64
import logging
import os
import random
import subprocess
import sys
from datetime import date

import pytest

from ingestion.chunk import chunk
from ingestion.connectors import RawDocument
from ingestion.parse import ParsedDocument, ParseError, parse
from tests.ingestion import sample_documents

LEAVE = sample_documents.docx(
    [
        ("Heading1", "Leave policy"),
        ("Normal", "You get 30 days."),
        ("Heading2", "Sick leave"),
        ("Normal", "Tell your manager."),
    ],
    [["Grade", "Days"], ["A", "30"], ["B", "28"]],
)


def parsed(content: bytes | str, name: str = "page.md", media_type: str | None = None) -> ParsedDocument:
    return parse(RawDocument(content.encode() if isinstance(content, str) else content, name, media_type))


def refusal(content: bytes, name: str) -> str:
    with pytest.raises(ParseError) as caught:
        parsed(content, name)
    return str(caught.value)


class TestMarkdown:
    @pytest.mark.parametrize("size", [300, 60_000, 3_000_000])
    @pytest.mark.parametrize(
        "page",
        [
            "# Wiki\n\nPress the button.\n\n![the button]({})\n\nThen wait.",
            '# Wiki\n\nPress the button.\n\n<img alt="the button" src="{}">\n\nThen wait.',
            "# Wiki\n\nPress the button.\n\n![the button][1]\n\nThen wait.\n\n[1]: {}",
        ],
    )
    def test_pictures_in_the_page_itself_are_no_words(self, page: str, size: int) -> None:
        data = base64.b64encode(random.Random(size).randbytes(size)).decode()
        markdown = parsed(page.format(f"data:image/jpeg;base64,{data}")).markdown
        chunks = chunk("Wiki", markdown, lambda texts: [len(text.split()) for text in texts], 200)
        said = " ".join(" ".join(one.text for one in chunks).split())
        assert said in ("Press the button. the button Then wait.", "Press the button. Then wait.")

    def test_the_title_comes_from_the_front_matter(self) -> None:
        page = parsed('---\ntitle: "Leave: all types"\nkeywords: a, b\n---\n\n# Another heading\n\nText.')
        assert page.title == "Leave: all types"
        assert "keywords" not in page.markdown

    def test_without_front_matter_the_first_outermost_heading_is_the_title(self) -> None:
        page = parsed("```\n# a comment\n```\n\n## Below\n\n# Using `git` and [links](https://x.y) ##\n\nText.")
        assert page.title == "Using git and links"

    def test_without_either_there_is_no_title(self) -> None:
        assert parsed("Only text.") == ParsedDocument(None, "Only text.")

    def test_front_matter_that_is_not_yaml_keeps_the_text_and_its_title_line(self) -> None:
        page = parsed("---\ntitle: Travel [unclosed\nfoo: : bar: [\n---\nBook early.")
        assert page == ParsedDocument("Travel [unclosed", "Book early.")

    def test_front_matter_that_is_no_mapping_is_text(self) -> None:
        assert "first point" in parsed("---\n- first point\n- second\n---\nBelow.").markdown

    def test_lines_of_dashes_around_text_are_no_front_matter(self) -> None:
        assert "Dear colleagues" in parsed("---\nDear colleagues\n---\nWelcome.").markdown

    def test_toml_front_matter_is_read_too(self) -> None:
        assert parsed('+++\ntitle = "Hugo"\n+++\nText.') == ParsedDocument("Hugo", "Text.")

    def test_a_page_that_only_redirects_is_a_link(self) -> None:
        page = parsed("---\ntitle: Buddy Handbook\nredirect_to: https://docs.example.com/b\n---\n")
        assert page.markdown == "See [Buddy Handbook](https://docs.example.com/b)."

    def test_anchors_and_classes_do_not_reach_the_reader(self) -> None:
        page = parsed("## Side navigation {#side-nav}\n\n[Learn](https://x.y){.usa-button}\n\nText.\n{: .note}")
        assert "{" not in page.markdown
        assert "## Side navigation" in page.markdown
        assert "[Learn](https://x.y)" in page.markdown

    def test_short_codes_become_emoji_and_a_workspace_s_own_stay(self) -> None:
        page = parsed("React with :eyes: or :acme-logo: at 10:30:45, as in `:eyes:`.")
        assert page.markdown == "React with 👀 or :acme-logo: at 10:30:45, as in `:eyes:`."

    def test_admonitions_become_text(self) -> None:
        page = parsed(":::tip Ask first\nIt is free.\n:::\n\n> [!WARNING]\n> Hot.")
        assert ":::" not in page.markdown
        assert "[!" not in page.markdown
        assert "**Ask first**" in page.markdown
        assert "**Warning**" in page.markdown


class TestMdx:
    PAGE = """---
title: Install
---
import Tabs from '@theme/Tabs';
import {Card, Steps} from "../components";

export const meta = {
  title: 'x',
};

# Install {/* not for readers */}

<Tabs groupId="os" values={[{label: 'a', value: 'b'}]}>
  <TabItem value="mac" label="macOS">

Run `<Tabs>` with brew.

  </TabItem>
</Tabs>

<Card title="Next steps" href="/next" icon={<Icon/>} />{" "}Then start.

```jsx
import A from 'b';
export const c = <Card title="kept" />;
```
"""

    def test_components_say_their_titles_and_code_keeps_them(self) -> None:
        page = parsed(self.PAGE, "install.mdx")
        assert page.title == "Install"
        for part in ("# Install", "**macOS**", "Run `<Tabs>` with brew.", "[Next steps](/next)", "Then start."):
            assert part in page.markdown
        assert "import A from 'b';\nexport const c = <Card title=\"kept\" />;" in page.markdown
        for part in ("@theme", "components", "meta", "not for readers", "groupId", "</Tab"):
            assert part not in page.markdown

    def test_a_page_named_md_that_imports_components_is_mdx(self) -> None:
        assert parsed(self.PAGE, "install.md").markdown == parsed(self.PAGE, "install.mdx").markdown

    def test_prose_about_imports_stays(self) -> None:
        text = "import from 'abroad' takes a week.\n\nexport of goods, and <your-name> here."
        assert parsed(text).markdown == text

    def test_nested_lists_and_wide_tables_stay(self) -> None:
        text = "- a\n  - b\n    - c\n\n| " + " | ".join(map(str, range(60))) + " |\n" + "|" + "---|" * 60
        assert parsed(text).markdown == text


class TestEncodings:
    TEXT = "Größe, café: 30 € “naïve” – Straße"

    @pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "utf-16-le", "utf-16-be", "utf-32", "cp1252"])
    def test_western_text_is_read_in_any_encoding(self, encoding: str) -> None:
        text = f"Some more words of plain text come first. {self.TEXT}"
        assert parsed(text.encode(encoding), "page.txt").markdown == text

    @pytest.mark.parametrize(
        ("encoding", "text"),
        [
            ("latin-1", "Der Urlaub für Angestellte beträgt 30 Tage, für Ältere mehr."),
            ("cp1252", "Les congés payés sont à demander dès que possible à l’équipe."),
            ("cp1250", "Zaměstnanci mají nárok na dovolenou. Příliš žluťoučký kůň."),
            ("cp1250", "Pracownicy mają prawo do urlopu wypoczynkowego. Zażółć gęślą jaźń."),
            ("cp1251", "Сотрудники имеют право на 28 дней отпуска. Обратитесь в отдел кадров."),
            ("koi8-r", "Сотрудники имеют право на 28 дней отпуска. Обратитесь в отдел кадров."),
            ("shift_jis", "従業員は年間20日の有給休暇を取得できます。申請は人事部へ。"),
            ("euc_jp", "従業員は年間20日の有給休暇を取得できます。申請は人事部へ。"),
            ("gb18030", "员工每年享有二十天带薪休假。请联系人力资源部门。"),
            ("big5", "員工每年享有二十天帶薪休假。請聯繫人力資源部門。"),
            ("euc-kr", "직원은 매년 20일의 유급 휴가를 받을 수 있습니다."),
        ],
    )
    def test_the_encoding_is_told_from_the_bytes(self, encoding: str, text: str) -> None:
        assert parsed(text.encode(encoding), "page.txt").markdown == text

    def test_a_claimed_charset_is_believed_where_the_bytes_do_not_say_otherwise(self) -> None:
        hebrew = "העובדים זכאים לעשרים ימי חופשה בשנה."
        assert parsed(hebrew.encode("cp1255"), "page.txt", "text/plain; charset=windows-1255").markdown == hebrew
        assert parsed(self.TEXT.encode(), "page.txt", "text/plain; charset=latin-1").markdown == self.TEXT

    def test_a_character_cut_off_does_not_spoil_the_rest(self) -> None:
        text = parsed(("Überstunden zählen für alle Büros. " * 4).encode()[:-8] + b"\xc3", "page.txt").markdown
        assert text.startswith("Überstunden zählen")

    def test_zero_bytes_and_invisible_characters_are_dropped(self) -> None:
        assert parsed(b"Lea\x00ve is \xc2\xadfree\xe2\x80\x8b.\r\nYes.\rNo.").markdown == "Leave is free.\nYes.\nNo."


class TestWebPages:
    PAGE = """<!DOCTYPE html><html><head><title>Travel policy | Acme</title><style>a{}</style></head><body>
        <header><nav><ul><li><a href=/a>Home</a></li><li><a href=/b>About us</a></li></ul></nav></header>
        <main><h1>Travel policy</h1><p>Book <a href="https://x.y/z">in Concur</a> <b>14 days</b> ahead.</p>
        <h2>Hotels</h2><ul><li>Keep receipts</li><li>File within 5 days</li></ul>
        <table><tr><th>City</th><th>Rate</th></tr><tr><td>Berlin</td><td>120</td></tr></table></main>
        <footer>All rights reserved.</footer><script>track()</script></body></html>"""

    def test_the_main_content_keeps_headings_links_lists_and_tables(self) -> None:
        page = parsed(self.PAGE, "page.html")
        assert page.title == "Travel policy"
        for part in ("## Hotels", "[in Concur](https://x.y/z)", "**14 days**", "- Keep receipts", "| Berlin | 120 |"):
            assert part in page.markdown
        for part in ("About us", "All rights reserved", "track()", "<"):
            assert part not in page.markdown

    def test_cookie_banners_and_menus_are_left_out(self) -> None:
        banner = '<div id="onetrust-banner-sdk"><h2>We value your privacy</h2><p>Accept all cookies?</p></div>'
        banner += '<div class="cookie-consent modal"><ul><li>Essential cookies</li></ul></div>'
        menu = '<div role="navigation"><ul><li><a href="/x">Products</a></li></ul></div>'
        page = parsed(self.PAGE.replace("<main>", f"{banner}{menu}<main>{banner}"), "page.html").markdown
        assert "## Hotels" in page
        for part in ("cookies", "privacy", "Products"):
            assert part not in page
        policy = "<body class='cookie-policy'><main id='cookie-policy'><h1>Cookies</h1><p>We set one cookie.</p></main>"
        assert "We set one cookie." in parsed(f"<!DOCTYPE html><html>{policy}</html>", "cookies.html").markdown

    def test_cells_over_several_rows_are_in_each_and_lines_in_cells_are_text(self) -> None:
        table = (
            "<table><tr><th>City</th><th>Rate</th></tr><tr><td rowspan=2>Oslo|Bergen</td><td>1</td></tr><tr><td>2</td>"
        )
        lines = parsed(f"<html><body>{table}", "a.html").markdown.split("\n")
        assert [line.strip() for line in lines[2:]] == ["| Oslo\\|Bergen | 1 |", "| Oslo\\|Bergen | 2 |"]

    def test_a_fragment_and_template_tags_are_read(self) -> None:
        page = parsed(
            '---\npermalink: /\n---\n<h2>Hello</h2><p><a href="{% page "/about/" %}">More</a>{{ x.y }}</p>', "i.html"
        )
        assert page.markdown == "## Hello\n\n[More](/about/)"

    def test_html_named_as_text_is_read_as_html(self) -> None:
        assert parsed(self.PAGE, "page.txt").title == "Travel policy"
        assert parsed(self.PAGE, "page.md").title == "Travel policy"

    def test_the_media_type_decides_where_the_name_says_nothing(self) -> None:
        assert parsed("<p>Some <b>text</b></p>", "download", "text/html; charset=utf-8").markdown == "Some **text**"


class TestOfficeFiles:
    def test_word_documents_keep_headings_and_tables(self) -> None:
        page = parsed(LEAVE, "leave.docx")
        assert page.title == "Leave policy"
        assert "## Sick leave\n\nTell your manager." in page.markdown
        assert "| Grade | Days |\n| --- | --- |\n| A | 30 |" in page.markdown

    def test_presentations_keep_titles_text_and_notes(self) -> None:
        page = parsed(sample_documents.presentation([("Welcome", "Be here at nine.", "Say hello.")]), "first-day.pptx")
        assert page.title == "Welcome"
        assert "Be here at nine." in page.markdown
        assert "Say hello." in page.markdown
        assert "<!--" not in page.markdown

    def test_workbooks_become_a_table_a_sheet_without_what_is_empty(self) -> None:
        rows = [["Grade", None, "Rate"], ["A", None, 10.5], [None, None, None], ["B", None, 12]]
        content = sample_documents.workbook({"Rates": rows, "Nothing": [], "Days": [["Day"], [date(2024, 1, 2)]]})
        assert parsed(content, "rates.xlsx").markdown == (
            "## Rates\n\n| Grade | Rate |\n| --- | --- |\n| A | 10.5 |\n| B | 12 |\n\n"
            "## Days\n\n| Day |\n| --- |\n| 2024-01-02 |"
        )

    def test_pdf_text_is_read_page_after_page(self) -> None:
        page = parsed(sample_documents.pdf(["You get 30 days.\nAsk your manager.", "About travel."]), "leave.pdf")
        assert page.markdown.split() == "You get 30 days. Ask your manager. About travel.".split()

    @pytest.mark.parametrize(
        ("text", "cells"),
        [
            ("Name;Days\nA;30\n", "| A | 30 |"),
            ("Name\tDays\nA\t30\n", "| A | 30 |"),
            ('Name,Days\n"Doe, Jane","two\nlines"\n', "| Doe, Jane | two lines |"),
            ("Name,Days\nA|B,1\n", "| A\\|B | 1 |"),
        ],
    )
    def test_csv_becomes_a_table_whatever_divides_it(self, text: str, cells: str) -> None:
        lines = parsed(text, "days.csv").markdown.split("\n")
        assert lines == ["| Name | Days |", "| --- | --- |", cells]

    def test_content_counts_more_than_the_name(self) -> None:
        assert parsed(LEAVE, "leave.md").title == "Leave policy"
        assert "About travel" in parsed(sample_documents.pdf(["About travel."]), "travel.md").markdown
        assert "| A | 1 |" in parsed(sample_documents.workbook({"S": [["N", "D"], ["A", 1]]}), "days.docx").markdown

    def test_nothing_is_logged(self, caplog: pytest.LogCaptureFixture) -> None:
        with caplog.at_level(logging.DEBUG):
            parsed(LEAVE, "leave.docx")
            parsed(sample_documents.pdf(["About travel."]), "travel.pdf")
        assert [record for record in caplog.records if record.levelno >= logging.WARNING] == []


class TestWhatCannotBeRead:
    PDF = sample_documents.pdf(["Text."])

    @pytest.mark.parametrize(
        ("name", "content", "said"),
        [
            ("empty.md", b"", "is empty"),
            ("zeros.txt", b"\x00\x00\x00", "is empty"),
            ("blank.md", b" \n\t ", "is empty"),
            ("only.md", b"---\ntitle: Only a title\n---\n", "holds no text"),
            ("secret.pdf", sample_documents.pdf(["Text."], encrypted=True), "is encrypted"),
            (
                "secret.docx",
                b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + "EncryptedPackage".encode("utf-16-le"),
                "is encrypted",
            ),
            ("old.doc", b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + bytes(600), "before 2007"),
            ("scan.pdf", sample_documents.pdf([""]), "scanned"),
            ("cut.pdf", PDF[: len(PDF) // 2], "damaged or cut off"),
            ("cut.docx", LEAVE[: len(LEAVE) // 2], "damaged or cut off"),
            ("text.pdf", b"just text", "is not a PDF file"),
            ("archive.docx", b"PK\x05\x06" + bytes(18), "is a ZIP archive"),
            ("picture.md", b"\x89PNG\r\n\x1a\n" + bytes(90), "is an image"),
            ("noise.md", os.urandom(5_000), "is not text"),
        ],
    )
    def test_a_refusal_names_the_file_and_the_reason(self, name: str, content: bytes, said: str) -> None:
        message = refusal(content, name)
        assert message.startswith(name)
        assert said in message

    def test_a_zip_bomb_is_not_unpacked(self, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr("ingestion.office_archive.MOST_UNPACKED", 1_000)
        assert "would unpack to more than" in refusal(LEAVE, "bomb.docx")

    def test_more_text_than_anyone_reads_is_refused(self, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr("ingestion.parse.MOST_CHARACTERS", 1_000_000)
        assert "more than 1,000,000 characters" in refusal(b"word " * 300_000, "huge.txt")


def test_heavy_modules_are_imported_only_when_they_are_needed() -> None:
    code = (
        "import sys\nfrom ingestion.connectors import RawDocument\nfrom ingestion.parse import parse\n"
        "parse(RawDocument(b'# A\\n\\ntext', 'a.md'))\n"
        "heavy = {'markitdown', 'trafilatura', 'openpyxl', 'pandas', 'bs4', 'torch'} & set(sys.modules)\n"
        "assert not heavy, heavy"
    )
    subprocess.run([sys.executable, "-c", code], check=True)
