"""Confluence's storage format as Markdown, read on by the parser: what is said stays, how it is laid out goes."""

from ingestion.connectors import RawDocument
from ingestion.connectors.confluence_markup import storage_to_markdown
from ingestion.parse import parse

NAMES = {"5b10a": "Ann Lee"}


def read(storage: str) -> str:
    """The Markdown of a document whose storage format this is."""
    markdown = storage_to_markdown(
        storage,
        name_of=NAMES.get,
        page_url=lambda space, title: f"https://wiki.example/display/{space or 'HERE'}/{title.replace(' ', '+')}",
    )
    return parse(RawDocument(markdown.encode(), "page.md", "text/markdown")).markdown


def macro(name: str, body: str, **parameters: str) -> str:
    given = "".join(f'<ac:parameter ac:name="{key}">{value}</ac:parameter>' for key, value in parameters.items())
    return f'<ac:structured-macro ac:name="{name}" ac:schema-version="1">{given}{body}</ac:structured-macro>'


def rich(body: str) -> str:
    return f"<ac:rich-text-body>{body}</ac:rich-text-body>"


def test_code_keeps_its_language_its_title_and_every_character() -> None:
    body = "<ac:plain-text-body><![CDATA[if a < b && {{c}}:\n    print('|')]]></ac:plain-text-body>"
    text = read(f"<p>Before</p>{macro('code', body, language='python', title='How')}<p>After</p>")
    assert text == "Before\n\n**How**\n\n```python\nif a < b && {{c}}:\n    print('|')\n```\n\nAfter"


def test_panels_are_quotes_with_their_kind_or_their_title() -> None:
    assert read(macro("warning", rich("<p>Mind the gap.</p>"))) == "> **Warning**\n>\n> Mind the gap."
    assert read(macro("info", rich("<p>Closed.</p>"), title="Office")) == "> **Office**\n>\n> Closed."
    assert read(macro("panel", rich("<p>Plain.</p>"), bgColor="#fff")) == "> Plain."


def test_what_can_be_unfolded_is_read_with_what_is_in_it() -> None:
    inner = macro("code", "<ac:plain-text-body><![CDATA[make]]></ac:plain-text-body>")
    assert read(macro("expand", rich(f"<p>Run:</p>{inner}"), title="Steps")) == "**Steps**\n\nRun:\n\n```\nmake\n```"


def test_tables_keep_their_header_and_their_bars() -> None:
    rows = "<tr><th>Plan</th><th>Price</th></tr><tr><td>A | B</td><td><p>5 €</p></td></tr>"
    assert read(f"<table><colgroup><col /></colgroup><tbody>{rows}</tbody></table>").splitlines() == [
        "| Plan | Price |",
        "| --- | --- |",
        "| A \\| B | 5 € |",
    ]


def test_tasks_say_whether_they_are_done() -> None:
    status = "<ac:task-id>{}</ac:task-id><ac:task-status>{}</ac:task-status>"
    task = f"<ac:task>{status}<ac:task-body>{{}}</ac:task-body></ac:task>"
    tasks = task.format(1, "complete", "<span>Ask</span>") + task.format(2, "incomplete", "Pay")
    assert read(f"<ac:task-list>{tasks}</ac:task-list>") == "- [x] Ask\n- [ ] Pay"


def test_people_are_mentioned_by_name() -> None:
    mention = '<ac:link><ri:user ri:account-id="{}" /></ac:link>'
    assert read(f"<p>Ask {mention.format('5b10a')} or {mention.format('gone')}.</p>") == "Ask @Ann Lee or @someone."


def test_links_to_pages_lead_to_them() -> None:
    own = '<ac:link><ri:page ri:content-title="Sick leave" /></ac:link>'
    other = (
        '<ac:link><ri:page ri:space-key="HR" ri:content-title="Pay" />'
        "<ac:plain-text-link-body><![CDATA[what you get]]></ac:plain-text-link-body></ac:link>"
    )
    file = '<ac:link><ri:attachment ri:filename="plan.pdf" /></ac:link>'
    assert read(f'<p>{own}, {other}, {file}, <a href="https://x.example/">x</a></p>') == (
        "[Sick leave](https://wiki.example/display/HERE/Sick+leave), "
        "[what you get](https://wiki.example/display/HR/Pay), plan.pdf, [x](https://x.example/)"
    )


def test_a_macro_that_is_not_known_goes_and_its_text_stays() -> None:
    unknown = macro("fancy-box", rich("<p>Still <em>here</em>.</p>"), colour="green")
    assert read(f"<p>One</p>{unknown}{macro('toc', '', maxLevel='3')}<p>Two</p>") == "One\n\nStill *here*.\n\nTwo"


def test_small_things_are_read_as_people_see_them() -> None:
    status = macro("status", "", title="DONE", colour="Green")
    issue = macro("jira", "", server="Jira", key="OPS-7")
    date = '<time datetime="2026-03-01" />'
    smile = '<ac:emoticon ac:name="smile" ac:emoji-fallback="🙂" />'
    image = '<ac:image ac:alt="org chart"><ri:attachment ri:filename="a.png" /></ac:image>'
    assert read(f"<p>{status} {issue} {date} {smile} {image}</p>") == "DONE OPS-7 2026-03-01 🙂 *org chart*"


def test_panels_of_the_new_editor_are_read_once() -> None:
    panel = (
        '<ac:adf-extension><ac:adf-node type="panel"><ac:adf-attribute key="panel-type">note</ac:adf-attribute>'
        "<ac:adf-content><p>Once.</p></ac:adf-content></ac:adf-node>"
        "<ac:adf-fallback><p>Once.</p></ac:adf-fallback></ac:adf-extension>"
    )
    assert read(panel) == "Once."


def test_template_tags_are_words_on_a_wiki() -> None:
    assert "{\\{ .Values.image }}" in read("<p>Set {{ .Values.image }} there.</p>")


def test_columns_are_read_one_after_the_other() -> None:
    cell = "<ac:layout-cell>{}</ac:layout-cell>"
    cells = cell.format("<h2>Left</h2><p>A</p>") + cell.format("<h2>Right</h2><p>B</p>")
    layout = f'<ac:layout><ac:layout-section ac:type="two_equal">{cells}</ac:layout-section></ac:layout>'
    assert read(layout) == "## Left\n\nA\n\n## Right\n\nB"


def test_elements_in_a_thousand_others_lose_their_form_and_no_words() -> None:
    assert read(f"<p>Still</p>{'<div>' * 2000}here &amp; there").split() == ["Still", "here", "&", "there"]
