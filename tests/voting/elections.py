"""Small elections written as people write them, and random ones."""

from hypothesis import strategies as st

from solidaria.core.voting.ballots import Option, RankedPiles, rank


def election(*lines: str, options: str = "", withdrawn: str = "") -> RankedPiles:
    """Ballots such as "3 Ana > Bheki = Carla > Dora"; "2" alone is two blank ballots.

    Options are those named in `options` and on the ballots, in the order of their ids.
    """
    pairs = []
    named = set(options.split())
    for line in lines:
        count, _, marks = line.strip().partition(" ")
        ranking = [
            tuple(option.strip() for option in place.split("=")) for place in marks.split(">") if place.strip()
        ]
        named.update(option for place in ranking for option in place)
        pairs.append((ranking, int(count)))
    return rank([Option(name, name, name in withdrawn.split()) for name in sorted(named)], pairs)


LETTERS = "ABCDEF"


@st.composite
def elections(draw: st.DrawFn, shared: bool = False, most: int = 6) -> RankedPiles:
    """Random elections with few options and few ballots, so that ties are common."""
    size = draw(st.integers(1, most))
    ids = LETTERS[:size]
    piles = []
    for _ in range(draw(st.integers(0, 12))):
        order = draw(st.permutations(ids))[: draw(st.integers(0, size))]
        places: list[tuple[str, ...]] = []
        for option in order:
            if shared and places and draw(st.booleans()):
                places[-1] = (*places[-1], option)
            else:
                places.append((option,))
        piles.append((places, draw(st.integers(1, 40))))
    return rank([Option(option, f"Name of {option}") for option in ids], piles)
