"""Where a citation leads: to a document's address, and to the heading on it where that is known."""


def link_to(url: str, anchor: str | None) -> str:
    """The address with the fragment; as it is where there is no fragment, no address, or one that has a fragment."""
    return f"{url}#{anchor}" if url and anchor and "#" not in url else url
