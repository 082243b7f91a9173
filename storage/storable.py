"""Text as every part of the store can hold it."""


def storable(text: str) -> str:
    """The text without NULs, which PostgreSQL refuses, and lone surrogates, which nothing can encode as UTF-8."""
    return text.replace("\0", "").encode("utf-8", "replace").decode("utf-8")
