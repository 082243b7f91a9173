"""The languages that an admin can let a channel be answered in, where a language model writes."""

LANGUAGES = {
    "ar": "Arabic",
    "cs": "Czech",
    "da": "Danish",
    "de": "German",
    "en": "English",
    "es": "Spanish",
    "fi": "Finnish",
    "fr": "French",
    "hi": "Hindi",
    "it": "Italian",
    "ja": "Japanese",
    "ko": "Korean",
    "nl": "Dutch",
    "no": "Norwegian",
    "pl": "Polish",
    "pt": "Portuguese",
    "sv": "Swedish",
    "tr": "Turkish",
    "uk": "Ukrainian",
    "zh": "Chinese",
}
"""Names by tag (BCP 47), as a language model is told them."""


def language_name(tag: str) -> str:
    """The language's name, or the tag where it is none of LANGUAGES."""
    return LANGUAGES.get(tag, tag)
