"""Work beside the server, each as a program of its own: `python -m solidaria.web.process worker`, or `fill`.

A program of its own, because the tables can be loaded only once Django is set up; `solidaria serve` and
`solidaria demo` start it.
"""

from __future__ import annotations

import os
import signal
import sys
import threading
import types
from datetime import date

import django

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "solidaria.web.settings")
django.setup()

from solidaria.actions.work import work, worker_name  # noqa: E402
from solidaria.core.problem import Sentence  # noqa: E402
from solidaria.report.language import Language  # noqa: E402
from solidaria.web import demo  # noqa: E402


def main(words: list[str]) -> int:
    """`worker`: make plans until asked to stop. `fill LANGUAGE [large]`: fill the trial and say how far it is."""
    if words == ["worker"]:
        return _worker()
    if words[:1] == ["fill"]:
        return _fill(Language(words[1]), "large" in words[2:])
    print(__doc__, file=sys.stderr)
    return 2


def _worker() -> int:
    stop = threading.Event()

    def ask(_number: int, _frame: types.FrameType | None) -> None:
        stop.set()

    signal.signal(signal.SIGTERM, ask)
    signal.signal(signal.SIGINT, ask)
    work(worker_name(), stop)
    return 0


def _fill(language: Language, large: bool) -> int:
    def tell(sentence: Sentence) -> None:
        print(f"  {language.text(sentence)}", file=sys.stderr, flush=True)

    try:
        demo.fill(date.today(), tell, large)
    except KeyboardInterrupt:
        return 130
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
