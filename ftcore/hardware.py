"""What this machine has: cores, memory, device; and how a worker leaves air for the app."""

import functools
import os
import socket
import time
from pathlib import Path

import psutil

NICENESS = 10  # a worker yields to the browser app, which needs few but prompt milliseconds


def n_cores() -> int:
    """Cores that this process may use."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


def be_nice() -> None:
    """Lower this process's priority, so that pages stay quick while it computes."""
    if hasattr(os, "nice"):
        os.nice(NICENESS)


def memory_mb() -> float:
    """Resident memory of this process, in megabytes (1e6 bytes)."""
    return psutil.Process().memory_info().rss / 1e6


def process_age() -> float:
    """Seconds since this process was started."""
    return max(0.0, time.time() - psutil.Process().create_time())


def oom_kills() -> int:
    """How often the kernel killed a process of this control group for want of memory; 0 where it does not say."""
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


def reachable(host: str, port: int = 443) -> bool:
    """True when ``host`` answers within a second; asked at most once a minute.

    Behind a proxy only the proxy can tell, so the answer there is a hopeful True.
    """
    if os.environ.get("HTTPS_PROXY") or os.environ.get("https_proxy"):
        return True
    return _answers(host, port, int(time.monotonic() // 60))


@functools.lru_cache(maxsize=32)
def _answers(host: str, port: int, minute: int) -> bool:
    try:
        with socket.create_connection((host, port), timeout=1.0):
            return True
    except OSError:
        return False
