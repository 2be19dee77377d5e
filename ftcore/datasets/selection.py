"""What stays of the pictures that were read, and a reason for each that does not."""

from collections import defaultdict
from collections.abc import Sequence

from ftcore.datasets.reading import Read
from ftcore.datasets.splits import FEWEST
from ftcore.errors import DataError


def select(reads: Sequence[Read]) -> tuple[list[Read], list[dict[str, str]]]:
    """Leave out exact copies and classes that are too small.

    A copy would be counted twice, and could be learned by heart in train and asked for in test. A picture that lies
    in two class folders has no certain label, so all its copies go.

    Returns:
        What stays, in the order given, and what is left out as ``{"name", "reason", "kind"}``; ``kind`` is the
        doctor's word for it, and copies also name what they are a copy ``of``.
    """
    single, copies = _without_copies(reads)
    kept, small = _without_small_classes(single)
    return kept, [*copies, *small]


def require_two_classes(kept: Sequence[Read], left_out: Sequence[dict[str, str]]) -> None:
    """Raise DataError if there is nothing to tell apart; the sentence names the first picture that was left out."""
    classes = {read.label for read in kept}
    if len(classes) == 1:
        raise DataError(
            f"There is one class only, {classes.pop()!r}, with enough pictures; a model needs at least two classes "
            "to tell apart.",
            fix=_fix(left_out, "Add a folder with pictures of something else."),
        )
    if not classes:
        raise DataError(
            f"No class has the {FEWEST} readable pictures that it needs: one each to learn from, to choose by and to "
            "test with.",
            fix=_fix(left_out, "Add pictures to each class folder."),
        )


def _without_copies(reads: Sequence[Read]) -> tuple[list[Read], list[dict[str, str]]]:
    same: dict[str, list[Read]] = defaultdict(list)
    for read in reads:
        same[read.sha256].append(read)
    kept, left_out = [], []
    for read in reads:
        copies = same[read.sha256]
        labels = sorted({copy.label for copy in copies})
        if len(labels) > 1:
            reason = f"the same picture lies in {_listed(labels)}, so its class is not certain"
            kind = "label_conflict"
        elif read is not copies[0]:
            reason = f"an exact copy of {copies[0].path}"
            kind = "exact_duplicate" if read.given == copies[0].given else "leak"
        else:
            kept.append(read)
            continue
        left_out.append({"name": read.path, "reason": reason, "kind": kind, "of": copies[0].path})
    return kept, left_out


def _without_small_classes(reads: Sequence[Read]) -> tuple[list[Read], list[dict[str, str]]]:
    members: dict[str, int] = defaultdict(int)
    for read in reads:
        members[read.label] += 1
    kept = [read for read in reads if members[read.label] >= FEWEST]
    left_out = [
        {
            "name": read.path,
            "reason": f"class {read.label!r} has only {members[read.label]} readable picture"
            f"{'s' if members[read.label] > 1 else ''}, at least {FEWEST} are needed",
            "kind": "few_images",
        }
        for read in reads
        if members[read.label] < FEWEST
    ]
    return kept, left_out


def _fix(left_out: Sequence[dict[str, str]], otherwise: str) -> str:
    """What to do; names the first picture that was left out, because that is mostly why."""
    if not left_out:
        return otherwise
    first = left_out[0]
    return f"{otherwise} {len(left_out):,} files are left out, the first is {first['name']}: {first['reason']}."


def _listed(labels: Sequence[str]) -> str:
    quoted = [repr(label) for label in labels]
    return f"{', '.join(quoted[:-1])} and {quoted[-1]}"
