"""Random courses of events in two unions and their council, each step held against a plain model without a database.

    python3 do.py bench schedules [--schedules 5000] [--steps 40]

The machine and its model are tests/actions/test_deciding_states.py: members, delegates, tellers and a clock; drafts,
amendments, openings, ballots of every kind, two tellers' counts, petitions, recalls, mandates that end, rolls that change,
votes of bases cast in the council, ratification. Another seed each time, so that every run tries courses nobody tried.
Ends with 1 and the shortest course that goes wrong. SQLite; every course is rolled back.
"""

from __future__ import annotations

import argparse
import os
import sys
import time
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent


def main() -> int:
    """Run the courses, print what came about; 1 when one goes wrong."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--schedules", type=int, default=5_000)
    parser.add_argument("--steps", type=int, default=40)
    parser.add_argument("--seed", type=int, help="the same courses again")
    arguments = parser.parse_args()
    sys.path.insert(0, str(ROOT))
    os.environ["DJANGO_SETTINGS_MODULE"] = "tests.django_settings"
    import django

    django.setup()
    from django.test.utils import get_runner, setup_test_environment

    setup_test_environment()
    from django.conf import settings

    runner = get_runner(settings)(verbosity=0, interactive=False)
    databases = runner.setup_databases()
    try:
        from tests.actions.test_deciding_states import REACHED, schedules

        seed = arguments.seed if arguments.seed is not None else int(time.time())
        begun = time.monotonic()
        try:
            schedules(arguments.schedules, arguments.steps, seed=seed)
        finally:
            seconds = time.monotonic() - begun
            print(
                f"seed {seed}, {arguments.schedules:,} schedules of up to {arguments.steps} steps, {seconds:.0f} s"
            )
            print("| came about | times |\n|---|---|")
            for name, times in sorted(REACHED.items()):
                print(f"| {name} | {times:,} |")
    finally:
        runner.teardown_databases(databases)
    return 0


if __name__ == "__main__":
    sys.exit(main())
