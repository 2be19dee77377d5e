"""``python -m ftcore.jobs FOLDER`` supervises a job; with ``--work`` it is the worker itself."""

import sys
from pathlib import Path

from ftcore.jobs import supervise

if __name__ == "__main__":
    folder = Path(sys.argv[1])
    sys.exit(supervise.work(folder) if "--work" in sys.argv[2:] else supervise.supervise(folder))
