"""What stays of the pictures that were read, and a reason for each that does not."""

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import replace

from ftcore import tasks
from ftcore.datasets.importing.read import ImportedImage
from ftcore.errors import DataError
from ftcore.tasks.labels import classes_in_words


def select(
    imported: Sequence[ImportedImage], task: str = tasks.MULTICLASS.name, *, merge_copies: bool = False
) -> tuple[list[ImportedImage], list[dict[str, str]]]:
    """Leave out exact copies and classes that are too small.

    A copy would be counted twice, and could be learned by heart in train and asked for in test. A picture that lies
    in two class folders has no certain label, so all its copies go. Where pictures have several classes, only the
    class is left out and not its pictures.

    Args:
        imported: Images that were read.
        task: Name of the task.
        merge_copies: For ``multilabel``: copies have the classes of all of them together.

    Returns:
        What stays, in the order given, and what is left out as ``{"name", "reason", "issue"}``; ``issue`` is the
        doctor's word for it, and copies also name what they are a copy ``of``.
    """
    single, copies = _without_copies(_merged(imported) if merge_copies else imported)
    kept, small = tasks.of(task).without_small_classes(single)
    return kept, [*copies, *small]


def require_something(kept: Sequence[ImportedImage], task: str, left_out: Sequence[dict[str, str]]) -> None:
    """Raise DataError if there is nothing to learn; the sentence names the first picture that was left out."""
    if lack := tasks.of(task).lack(kept):
        what, fix = lack
        raise DataError(what, fix=_fix(left_out, fix))


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


def _fix(left_out: Sequence[dict[str, str]], otherwise: str) -> str:
    """Say what to do; name the first picture that was left out, because that is mostly why."""
    if not left_out:
        return otherwise
    first = left_out[0]
    return f"{otherwise} {len(left_out):,} files are left out, the first is {first['name']}: {first['reason']}."


def _listed(labels: Sequence[str]) -> str:
    quoted = [repr(label) for label in labels]
    return f"{', '.join(quoted[:-1])} and {quoted[-1]}"
