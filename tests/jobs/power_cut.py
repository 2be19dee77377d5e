"""A worker that ends between two writes, or that finds the disk full."""

import errno
import os
from collections.abc import Iterator
from contextlib import contextmanager

import pytest

from ftcore.runs import log


class PowerCut(BaseException):
    """Nothing in the app catches it, as nothing catches a SIGKILL."""


@contextmanager
def cut_off_after(n: int) -> Iterator[None]:
    """The first ``n`` writes succeed (events, and files put in their place); the next one is never made."""
    left = iter(range(n))
    append, replace = log.append, os.replace

    def may_go_on():
        if next(left, None) is None:
            raise PowerCut

    def appending(folder, *events, **options):
        may_go_on()
        append(folder, *events, **options)

    def replacing(source, target):
        may_go_on()
        replace(source, target)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(log, "append", appending)
        patch.setattr(os, "replace", replacing)
        yield


@contextmanager
def disk_full_after(n: int) -> Iterator[None]:
    """The first ``n`` files and folders reach the disk; for the next one there is no space left."""
    left = iter(range(n))
    sync = os.fsync

    def syncing(handle):
        if next(left, None) is None:
            raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
        sync(handle)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(os, "fsync", syncing)
        yield
