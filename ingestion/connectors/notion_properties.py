"""What the properties of a Notion page say: its title, and a database row's values as words."""

from collections.abc import Callable, Mapping
from typing import Any

from ingestion.connectors.notion_blocks import markdown_table
from ingestion.connectors.notion_text import one_line, plain

Property = Mapping[str, Any]


def page_title(page: Mapping[str, Any]) -> str:
    """The title of a page, whatever its property is called."""
    for property in (page.get("properties") or {}).values():
        if property.get("type") == "title":
            return plain(property.get("title")) or "Untitled"
    return "Untitled"


def properties_table(page: Mapping[str, Any], title_of: Callable[[str], str | None]) -> str:
    """A row's properties that say something, as a Markdown table of names and values; empty where there is none.

    `title_of` gives the title of a related page, where it is known.
    """
    rows = [
        [name.replace("|", r"\|"), value.replace("|", r"\|")]
        for name, property in (page.get("properties") or {}).items()
        if property.get("type") != "title" and (value := property_words(property, title_of))
    ]
    return markdown_table([["Property", "Value"], *rows]) if rows else ""


def property_words(property: Property, title_of: Callable[[str], str | None]) -> str:
    """One property's value in words; empty where it has none, or none that can be read."""
    kind = str(property.get("type") or "")
    value = property.get(kind)
    if value is None:
        return ""
    match kind:
        case "rich_text" | "title":
            return one_line(value)
        case "number" | "url" | "email" | "phone_number" | "created_time" | "last_edited_time" | "string":
            return str(value)
        case "checkbox" | "boolean":
            return "yes" if value else "no"
        case "select" | "status":
            return str(value.get("name") or "")
        case "multi_select":
            return ", ".join(str(option.get("name") or "") for option in value)
        case "date":
            return " to ".join(str(value[end]) for end in ("start", "end") if value.get(end))
        case "people":
            return ", ".join(filter(None, map(_person, value)))
        case "created_by" | "last_edited_by":
            return _person(value)
        case "files":
            return ", ".join(str(file.get("name") or "") for file in value)
        case "relation":
            return ", ".join(filter(None, (title_of(str(page["id"])) for page in value)))
        case "unique_id":
            return "-".join(str(part) for part in (value.get("prefix"), value.get("number")) if part is not None)
        case "verification":
            return str(value.get("state") or "")
        case "formula":
            return property_words(value, title_of)
        case "rollup" if value.get("type") == "array":
            return ", ".join(filter(None, (property_words(item, title_of) for item in value.get("array") or ())))
        case "rollup":
            return property_words(value, title_of)
        case _:
            return ""


def _person(person: Mapping[str, Any]) -> str:
    """A person's name, where the integration may see names."""
    return str(person.get("name") or "")
