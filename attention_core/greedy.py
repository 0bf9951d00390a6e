"""Writing on: the likeliest next token, again and again."""

from collections.abc import Callable, Collection, Sequence

from attention_core.arrays import Array


def greedy(
    scores: Callable[[Sequence[int]], Array], start: int, ends: Collection[int], most: int
) -> tuple[list[int], bool]:
    """The ids that follow a first one, each the likeliest after those before it; and whether they came to an end.

        next = argmax of scores(start, …written)

    scores: ids -> [d_vocab], how likely each next token is; any numbers in the order of their probabilities
    ends:   the ids that end a text; none of them is among those returned
    most:   how many ids there are at most
    """
    written: list[int] = []
    while len(written) < most:
        best = int(scores([start, *written]).argmax())
        if best in ends:
            return written, True
        written.append(best)
    return written, False
