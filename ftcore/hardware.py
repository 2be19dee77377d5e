"""What this machine has: cores, memory, device, a network; and how a worker leaves air for the app."""

import contextlib
import mmap
import os
import platform
import sys
import threading
import time
import urllib.request
from collections.abc import Iterable
from pathlib import Path

import numpy as np
import psutil

NICENESS = 19
"""Of a worker: it yields to the browser app, which needs few but prompt milliseconds."""

_AUTOGROUP = Path("/proc/self/autogroup")
_WAIT, _PATIENCE, _REMEMBER = 1.0, 5.0, 60.0  # seconds: a caller waits; a host may take; until it is asked again


def n_cores() -> int:
    """Cores that this process may use."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


def be_nice() -> None:
    """Lower this process's priority, and its session's, so that pages stay quick while it computes.

    Linux with autogroups (the default of most desktops) shares the processors among sessions first, and a worker has a
    session of its own: niceness then counts among the worker's threads only, and the session has one of its own.
    """
    if hasattr(os, "nice"):
        os.nice(NICENESS)
    with contextlib.suppress(OSError):  # no Linux, no autogroups, or not allowed
        for _ in range(5):
            try:
                _AUTOGROUP.write_text(str(NICENESS))
                break
            except BlockingIOError:  # somebody else's was set in the last tenth of a second
                time.sleep(0.11)


def memory_mb() -> float:
    """Resident memory of this process, in megabytes (1e6 bytes)."""
    return psutil.Process().memory_info().rss / 1e6


def release(array: np.memmap) -> None:
    """Let go of the pages of a mapped file that this process has touched; reading maps them again.

    They would count as memory of the process for as long as the file is mapped, although the system could take them
    back at any time. What was written into a shared mapping is not lost.
    """
    mapped = getattr(array, "_mmap", None)
    if mapped is not None and hasattr(mmap, "MADV_DONTNEED"):
        mapped.madvise(mmap.MADV_DONTNEED)


def peak_memory_bytes() -> int:
    """The most that this process has had resident so far, in bytes; what it has now where the system does not tell."""
    if sys.platform == "win32":
        return int(psutil.Process().memory_info().rss)
    import resource  # late: Windows has none

    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return int(peak if sys.platform == "darwin" else peak * 1024)


def free_memory_bytes() -> int:
    """Bytes that a new process could take: of the machine, or of the control group that this process is bound to."""
    free = int(psutil.virtual_memory().available)
    for most, used in _CGROUP_MEMORY:
        try:
            limit, taken = most.read_text().strip(), int(used.read_text())
            if limit != "max":
                free = min(free, max(0, int(limit) - taken))
        except (OSError, ValueError):
            continue
    return free


_CGROUP_MEMORY = tuple(
    (Path("/sys/fs/cgroup") / most, Path("/sys/fs/cgroup") / used)
    for most, used in (
        ("memory.max", "memory.current"),
        ("memory/memory.limit_in_bytes", "memory/memory.usage_in_bytes"),
    )
)


def busy_share(seconds: float = 0.2) -> float:
    """Return how busy the processors are with the work of others, 0-1: looked at for some seconds, in which this
    waits."""
    return float(psutil.cpu_percent(interval=seconds)) / 100


def process_age() -> float:
    """Seconds since this process was started."""
    return max(0.0, time.time() - psutil.Process().create_time())


def oom_kills() -> int:
    """Return how often the kernel killed a process of this control group for want of memory; 0 where it does not
    say."""
    for path in (Path("/sys/fs/cgroup/memory.events"), Path("/sys/fs/cgroup/memory/memory.oom_control")):
        try:
            for line in path.read_text().splitlines():
                key, _, value = line.partition(" ")
                if key == "oom_kill":
                    return int(value)
        except (OSError, ValueError):
            continue
    return 0


def device_name() -> str:
    """The torch device to compute on: ``cuda``, ``mps`` or ``cpu``. Imports torch."""
    import torch

    if torch.cuda.is_available():
        return "cuda"
    if torch.backends.mps.is_available():
        return "mps"
    return "cpu"


def has_gpu() -> bool:
    """Return True where a device driver or the processor promises ``cuda`` or ``mps``: a guess that does not import
    torch."""
    if sys.platform == "darwin":
        return platform.machine() == "arm64"
    return Path("/dev/nvidia0").exists() or Path("/dev/dxg").exists() or Path("/dev/kfd").exists()


def reachable(url: str, *, wait: float = _WAIT) -> bool:
    """Return True when a download from ``url`` could start now.

    The question goes out in the background, because the look-up of a name may hang far longer than a page waits; an
    answer older than a minute is given once more while a new question is under way.

    Args:
        url: Where to, with ``https://``; a name alone gets it.
        wait: Seconds to wait at most for the very first answer; without one it is False.
    """
    ask([url])
    with _asking:
        question = _questions[_complete(url)]
    return question.wait(wait)


def ask(urls: Iterable[str]) -> None:
    """Send out the questions that ``reachable`` will want answers to: together they take as long as the slowest."""
    now = time.monotonic()
    with _asking:
        for url in map(_complete, urls):
            known = _questions.get(url)
            if known is None or now - known.asked > _REMEMBER:
                _questions[url] = _Question(url, known.latest() if known else None)


class _Question:
    """One question to a host; ``before`` is what an earlier one to the same host found."""

    def __init__(self, url: str, before: bool | None) -> None:
        self.asked = time.monotonic()
        self._url, self._before = url, before
        self._answer: bool | None = None
        self._thread = threading.Thread(target=self._ask, daemon=True)
        self._thread.start()

    def wait(self, seconds: float) -> bool:
        if self.latest() is None:
            self._thread.join(max(0.0, self.asked + seconds - time.monotonic()))
        return bool(self.latest())

    def latest(self) -> bool | None:
        return self._before if self._answer is None else self._answer

    def _ask(self) -> None:
        try:
            with urllib.request.urlopen(urllib.request.Request(self._url, method="HEAD"), timeout=_PATIENCE):
                self._answer = True
        except (OSError, ValueError):  # no network, no such host, a proxy that refuses
            self._answer = False


def _complete(url: str) -> str:
    return url if "://" in url else f"https://{url}"


_questions: dict[str, _Question] = {}
_asking = threading.Lock()


def is_about_memory(error: Exception) -> bool:
    """Return True for Python's, numpy's and torch's ways to say so; torch raises a RuntimeError, on a GPU a subclass of
    it."""
    return isinstance(error, MemoryError) or any(
        words in str(error) for words in ("out of memory", "not enough memory", "can't allocate memory")
    )
