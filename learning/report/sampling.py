"""Which chunks and questions are drawn where there are too many of them to draw all."""

import random
from collections.abc import Collection, Sequence

_FEWEST_OF_A_SOURCE = 20


def stratified(sources: Sequence[str], most: int, seed: int, always: Collection[int] = ()) -> list[int]:
    """At most `most` places in `sources`, rising; the same ones for the same seed.

    Each source gives its share, and a small one at least _FEWEST_OF_A_SOURCE where there is room for that, so that
    it is seen at all. `always`, of `most` places at most, are among them.
    """
    if len(sources) <= most:
        return list(range(len(sources)))
    taken = sorted(always)[:most]
    left: dict[str, list[int]] = {}
    for at, source in enumerate(sources):
        left.setdefault(source, []).append(at)
    for at in taken:
        left[sources[at]].remove(at)
    shuffled = random.Random(seed)
    for source in sorted(left):
        shuffled.shuffle(left[source])
    quotas = _quotas({source: len(places) for source, places in left.items()}, most - len(taken))
    return sorted(taken + [at for source, places in left.items() for at in places[: quotas[source]]])


def _quotas(sizes: dict[str, int], most: int) -> dict[str, int]:
    """What each source gives of `most`, which is less than all of them have: the floor, and its share of the rest."""
    floor = min(_FEWEST_OF_A_SOURCE, most // len(sizes))
    quotas = {source: min(size, floor) for source, size in sizes.items()}
    rest = most - sum(quotas.values())
    beyond = {source: size - quotas[source] for source, size in sizes.items()}
    whole = sum(beyond.values())
    shares = {source: rest * size / whole for source, size in beyond.items()} if whole else {}
    for source, share in shares.items():
        quotas[source] += int(share)
    # Largest remainders first; by name where they are equal, so that the order of the chunks does not matter.
    short = most - sum(quotas.values())
    by_remainder = sorted(shares, key=lambda source: (int(shares[source]) - shares[source], source))
    for source in by_remainder[:short]:
        quotas[source] += 1
    return quotas
