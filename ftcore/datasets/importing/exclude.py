"""What stays of the pictures that were read, and a reason for each that does not."""

from collections import Counter, defaultdict
from collections.abc import Sequence
from dataclasses import replace

from ftcore.datasets.importing.read import ImportedImage
from ftcore.datasets.splits import FEWEST
from ftcore.datasets.targets import classes_in_words
from ftcore.errors import DataError


def select(
    imported: Sequence[ImportedImage], task: str = "multiclass", *, merge_copies: bool = False
) -> tuple[list[ImportedImage], list[dict[str, str]]]:
    """Leave out exact copies and classes that are too small.

    A copy would be counted twice, and could be learned by heart in train and asked for in test. A picture that lies
    in two class folders has no certain label, so all its copies go. Where pictures have several classes, only the
    class is left out and not its pictures.

    Args:
        imported: Images that were read.
        task: ``multiclass``, ``multilabel`` or ``regression``.
        merge_copies: For ``multilabel``: copies have the classes of all of them together.

    Returns:
        What stays, in the order given, and what is left out as ``{"name", "reason", "issue"}``; ``issue`` is the
        doctor's word for it, and copies also name what they are a copy ``of``.
    """
    single, copies = _without_copies(_merged(imported) if merge_copies else imported)
    if task == "multilabel":
        kept, small = _without_rare_classes(single)
    else:
        kept, small = _without_small_classes(single) if task == "multiclass" else (single, [])
    return kept, [*copies, *small]


def require_something(kept: Sequence[ImportedImage], task: str, left_out: Sequence[dict[str, str]]) -> None:
    """Raise DataError if there is nothing to learn; the sentence names the first picture that was left out."""
    if task == "multiclass":
        require_two_classes(kept, left_out)
    elif len(kept) < 2 * FEWEST:
        raise DataError(
            f"There are only {len(kept)} readable pictures with labels, at least {2 * FEWEST} are needed.",
            fix=_fix(left_out, "Add pictures."),
        )
    elif task == "multilabel" and not any(read.labels for read in kept):
        raise DataError(
            f"No class has the {FEWEST} pictures that it needs, and {FEWEST} others that lack it.",
            fix=_fix(left_out, "Add pictures with and without it."),
        )
    elif task == "regression":
        for column in range(len(kept[0].numbers)):
            if len({read.numbers[column] for read in kept}) == 1:
                raise DataError(
                    f"Number {column + 1} is {kept[0].numbers[column]:g} for every picture: there is nothing to learn.",
                    fix="Choose another column.",
                )


def require_two_classes(kept: Sequence[ImportedImage], left_out: Sequence[dict[str, str]]) -> None:
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


def _without_copies(imported: Sequence[ImportedImage]) -> tuple[list[ImportedImage], list[dict[str, str]]]:
    same: dict[str, list[ImportedImage]] = defaultdict(list)
    for image in imported:
        same[image.sha256].append(image)
    kept, left_out = [], []
    for image in imported:
        copies = same[image.sha256]
        labels = sorted({copy.label for copy in copies})
        if len(labels) > 1:
            reason = f"the same picture lies in {_listed(labels)}, so its class is not certain"
            issue = "label_conflict"
            if image.labels or image.numbers:
                reason = f"the same picture is listed as {_listed(labels)}, so neither is certain"
        elif image is not copies[0]:
            reason = f"an exact copy of {copies[0].path}"
            issue = "exact_duplicate" if image.given == copies[0].given else "leak"
        else:
            kept.append(image)
            continue
        left_out.append({"name": image.path, "reason": reason, "issue": issue, "of": copies[0].path})
    return kept, left_out


def _merged(imported: Sequence[ImportedImage]) -> list[ImportedImage]:
    """Copies with the classes of all of them together."""
    found: dict[str, set[str]] = defaultdict(set)
    for image in imported:
        found[image.sha256].update(image.labels)
    return [_labelled(image, tuple(sorted(found[image.sha256]))) for image in imported]


def _labelled(image: ImportedImage, labels: tuple[str, ...]) -> ImportedImage:
    return image if labels == image.labels else replace(image, labels=labels, label=classes_in_words(labels))


def _without_rare_classes(imported: Sequence[ImportedImage]) -> tuple[list[ImportedImage], list[dict[str, str]]]:
    """Pictures without the classes that too few have, or too few lack."""
    members = Counter(label for image in imported for label in image.labels)
    few = {label for label, n in members.items() if n < FEWEST}
    all_have = {label for label, n in members.items() if len(imported) - n < FEWEST} - few
    left_out = [
        {
            "name": f"class {label}",
            "reason": f"only {members[label]} pictures have it, at least {FEWEST} are needed; they stay without it"
            if label in few
            else f"all but {len(imported) - members[label]} pictures have it, so there is nothing to tell apart",
        }
        for label in sorted(few | all_have)
    ]
    kept = [
        _labelled(image, tuple(label for label in image.labels if label not in few and label not in all_have))
        for image in imported
    ]
    return kept, left_out


def _without_small_classes(imported: Sequence[ImportedImage]) -> tuple[list[ImportedImage], list[dict[str, str]]]:
    members: dict[str, int] = defaultdict(int)
    for image in imported:
        members[image.label] += 1
    kept = [image for image in imported if members[image.label] >= FEWEST]
    left_out = [
        {
            "name": image.path,
            "reason": f"class {image.label!r} has only {members[image.label]} readable picture"
            f"{'s' if members[image.label] > 1 else ''}, at least {FEWEST} are needed",
            "issue": "few_images",
        }
        for image in imported
        if members[image.label] < FEWEST
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
