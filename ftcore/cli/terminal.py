"""What a terminal shows while something works, and how Ctrl-C stops it."""

import contextlib
import os
import signal
import sys
import time
from collections.abc import Callable, Generator, Iterator

from tqdm import tqdm

from ftcore.events import Event, Note, Progress, Result, drain
from ftcore.runs import claims, process, queue, store
from ftcore.runs.state import JobState
from ftcore.runs.tail import Tail
from ftcore.tasks import scores
from ftcore.training.run_state import RunState

POLL = 0.2  # seconds between two looks at a run's log
_WHO = f"command line {os.getpid()}"


def shown(work: Generator[Event, None, Result]) -> Result:
    """Show the progress of some work in this process; notes go to stderr."""
    with bars() as progress:

        def tell(event: Event) -> None:
            if isinstance(event, Progress):
                progress(event.label, event.done, event.total)
            elif isinstance(event, Note):
                print(event.message, file=sys.stderr)

        return drain(work, tell)


def watched(job: store.Job) -> JobState:
    """Submit a job and watch it to its end. Ctrl-C asks it to stop and keep the best; a second one leaves it alone."""
    tail = Tail(job)
    with _ctrl_c() as presses:
        claims.hold(job, _WHO)
        queue.submit(job)
        if job.kind == "train":
            print(f"run {job.id}", file=sys.stderr)
        with bars() as progress:
            while not (state := tail.read()).is_idle:
                claims.hold(job, _WHO)  # a page that wants the same and leaves does not stop it
                if presses and not process.stop_requested(job.folder):
                    queue.stop(job)
                    print("stopping; the best epoch so far is kept", file=sys.stderr)
                _show_progress(state, progress)
                time.sleep(POLL)
        while process.is_alive(job.folder):  # its last word is said; let it leave before we do
            time.sleep(POLL / 4)
    return tail.read()


@contextlib.contextmanager
def _ctrl_c() -> Iterator[list[int]]:
    """Collect the first Ctrl-C, wherever in the body it comes; a second one is a KeyboardInterrupt."""
    presses: list[int] = []

    def press(number: int, frame: object) -> None:
        if presses:
            raise KeyboardInterrupt
        presses.append(number)

    before = signal.signal(signal.SIGINT, press)
    try:
        yield presses
    finally:
        signal.signal(signal.SIGINT, before)


def _show_progress(state: JobState, progress: Callable[[str, int, int], None]) -> None:
    if state.stage is not None:
        progress(state.stage.label, state.stage.done, state.stage.total)
    elif isinstance(state, RunState) and state.plan is not None:
        last = ""
        if state.history:
            shown = state.worded(state.history[-1][f"val_{state.headline}"])
            last = f", validation {scores.find(state.headline).label.lower()} {shown}"
        progress(f"Training{last}", state.step, state.plan.n_steps)
    elif state.status == "waiting":
        progress("Waiting for another run", 0, 0)


@contextlib.contextmanager
def bars() -> Iterator[Callable[[str, int, int], None]]:
    """A tqdm bar on stderr per label; counts may go back, as a resumed run's do."""
    bar: tqdm | None = None
    label_now = ""

    def progress(label: str, done: int, total: int) -> None:
        nonlocal bar, label_now
        stage = label.split(",")[0]
        if bar is None or stage != label_now or bar.total != (total or None):
            if bar is not None:
                bar.close()
            bar = tqdm(total=total or None, desc=label, file=sys.stderr, leave=False, unit="", dynamic_ncols=True)
            label_now = stage
        bar.set_description(label, refresh=False)
        bar.n = done
        bar.refresh()

    try:
        yield progress
    finally:
        if bar is not None:
            bar.close()
