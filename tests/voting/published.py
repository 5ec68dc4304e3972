"""Where the real votes with official outcomes are: outside the repository, see docs/counting.md."""

import os
from pathlib import Path

import pytest

DATA = (
    Path(os.environ.get("SOLIDARIA_DATA", Path(__file__).resolve().parents[2].parent / "shared" / "data"))
    / "votes"
)
MISSING = f"the real votes are not at {DATA}: set SOLIDARIA_DATA, docs/counting.md says where to get them"


def published(name: str) -> Path:
    """A file or folder of the real votes; the test is left out, and says so, when it is not there."""
    path = DATA / name
    if not path.exists():
        pytest.skip(MISSING)
    return path


def names(folder: str, pattern: str) -> list[str]:
    """Names (without suffix) of the files in a folder, for one test each; one that says so when there are none."""
    return sorted(path.stem for path in (DATA / folder).glob(pattern)) or ["the real votes"]
