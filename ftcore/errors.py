"""Everything ftcore raises on purpose.

* FinetuneError
  x DataError        - the pictures or labels cannot be used
  x SettingsError    - the settings are unknown, out of range or contradict each other
  x ModelError       - a model or its weights cannot be had
  x RunError         - a run cannot be started, read or stopped
  x WorkspaceError   - the disk refuses: full, read-only, not ours
* NotComputable      - a metric was asked before it saw any picture
"""


class FinetuneError(Exception):
    """Base of all errors that a page or the command line shows as one sentence.

    Args:
        what: What was received and what was expected.
        fix: What to do about it.
    """

    def __init__(self, what: str, *, fix: str = "") -> None:
        super().__init__(f"{what} {fix}".strip())
        self.what = what
        self.fix = fix


class DataError(FinetuneError):
    """The pictures or labels cannot be used."""


class SettingsError(FinetuneError):
    """The settings are unknown, out of range or contradict each other."""


class ModelError(FinetuneError):
    """A model or its weights cannot be had."""


class RunError(FinetuneError):
    """A run cannot be started, read or stopped."""


class WorkspaceError(FinetuneError):
    """The disk refuses: full, read-only, or a path outside the workspace."""


class NotComputable(ValueError):
    """A metric was asked before it saw any picture."""
