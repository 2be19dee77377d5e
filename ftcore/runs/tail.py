"""A reader of one job: remembers how far it read, folds only what is new, and adds what only the living can tell."""

from dataclasses import replace

from ftcore.runs import kinds, log, process, queue, state, store


class Tail:
    """Follows a job. Losing it costs one re-read of the log, nothing else."""

    def __init__(self, job: store.Job) -> None:
        self.job = job
        self._offset = 0
        self._folded = kinds.find(job.kind).new_state()

    def read(self) -> state.JobState:
        """Tell what is true now, in the state of the job's kind. Never raises for a log that is not there yet."""
        alive = process.is_alive(self.job.folder)  # before the log: a worker that ends in between has written all
        events, self._offset = log.read(self.job.folder, self._offset)
        self._folded = state.replay(events, self._folded)
        if self._folded.status in state.FINAL:
            return self._folded
        if alive:
            return self._living()
        if self.job.id in queue.waiting(self.job.kind):
            return replace(self._folded, status="waiting", problem="")
        if process.is_alive(self.job.folder):  # its turn came between the two questions
            return self._living()
        if self._folded.is_over:
            return self._folded
        unsaid = _UNKNOWN_END if self._folded.last_at else _NEVER_STARTED
        return replace(self._folded, status="interrupted", stage=None, problem=self._folded.problem or unsaid)

    def _living(self) -> state.JobState:
        """The state of a job whose worker is there. A failure is not the end while the best epoch is being tested."""
        folded = self._folded
        if process.stop_requested(self.job.folder):
            return replace(folded, status="stopping")
        if folded.status not in ("waiting", "interrupted", "failed"):
            return folded
        since = process.supervised_since(self.job.folder)
        if folded.stage is not None:
            return replace(folded, status="working")
        if folded.status == "waiting" or (since is not None and since > folded.last_at):
            return replace(folded, status="starting", problem="")
        return replace(folded, status="stopping")


_UNKNOWN_END = "The worker ended without a word, as after a power cut or a restart of the machine."
_NEVER_STARTED = "It has not started, and it does not wait in the queue."
