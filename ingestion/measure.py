"""How much of the embedding model's window texts take."""

from collections.abc import Callable, Sequence

CountTokens = Callable[[Sequence[str]], list[int]]

CHARACTERS_PER_TOKEN = 8
"""A token counts for at most so many characters: a long run without spaces is one unknown token to the model."""


class Measure:
    """How much of the model's window texts take. What was counted once is remembered."""

    def __init__(self, count_tokens: CountTokens, max_tokens: int) -> None:
        self._count = count_tokens
        self._known: dict[str, int] = {}
        self.max_tokens = max_tokens
        self.special = count_tokens([""])[0]

    def counts(self, texts: Sequence[str]) -> list[int]:
        """Tokens of each whole text, special tokens included."""
        return self._count(texts) if texts else []

    def costs(self, texts: Sequence[str]) -> list[int]:
        """Tokens that each text adds to a chunk."""
        unknown = [text for text in dict.fromkeys(texts) if text not in self._known]
        for text, count in zip(unknown, self.counts(unknown), strict=True):
            self._known[text] = max(count - self.special, -(-len(text) // CHARACTERS_PER_TOKEN))
        return [self._known[text] for text in texts]

    def cost(self, text: str) -> int:
        return self.costs([text])[0]
