"""A reader of one job: remembers how far it read, folds only what is new, and adds what only the living can tell."""

from dataclasses import replace

from ftcore.runs import log, process, queue, state, store


class Tail:
    """Follows a job. Losing it costs one re-read of the log, nothing else."""

    def __init__(self, job: store.Job) -> None:
        self.job = job
        self._offset = 0
        self._folded = state.RunState()

    def read(self) -> state.RunState:
        """What is true now. Never raises for a log that is not there yet."""
        alive = process.is_alive(self.job.folder)  # before the log: a worker that ends in between has written all
        events, self._offset = log.read(self.job.folder, self._offset)
        self._folded = state.replay(events, self._folded)
        folded = self._folded
        if folded.is_over:
            return folded
        if alive:
            if process.stop_requested(self.job.folder):
                return replace(folded, status="stopping")
            return replace(folded, status="starting") if folded.status in ("waiting", "interrupted") else folded
        if self.job.id in queue.waiting(self.job.kind):
            return replace(folded, status="waiting", problem="")
        return replace(folded, status="interrupted", stage=None, problem=folded.problem or _UNKNOWN_END)


_UNKNOWN_END = "The worker ended without a word, as after a power cut or a restart of the machine."
