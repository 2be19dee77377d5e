"""What runs start from besides timm's weights. Known without torch."""

from ftcore.errors import RunError
from ftcore.models import own_weights
from ftcore.runs import store
from ftcore.runs.tail import Tail


def users(id: str) -> list[store.Job]:
    """Runs that start from these weights and are not over: they wait, work, or were interrupted."""
    jobs = [job for job in store.list_jobs() if job.request.get("model", {}).get("start") == id]
    return [job for job in jobs if not Tail(job).read().is_over]


def delete_weights(id: str) -> None:
    """Delete weights that somebody brought. Runs that are over keep their own models.

    Raises:
        RunError: A run that is not over starts from them.
        ModelError: There are none of this id.
    """
    own = own_weights.find(id)
    if busy := users(id):
        named = ", ".join(repr(job.name) for job in busy[:3])
        raise RunError(f"{own.name!r} cannot be deleted: run {named} needs it.", fix="Stop or delete that run first.")
    own_weights.delete(own)
