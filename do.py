"""One door to Solidaria on a fresh machine: `python3 do.py demo` starts a trial of it, `python3 do.py test` tests it.

Needs Python 3.11, 3.12 or 3.13 and nothing else of ours; this file uses the standard library alone. Where `uv`
(it fetches the libraries) is missing, a pinned range of it goes into the folder .tools beside this file.
Nothing outside this folder is written, apart from uv's own cache; the system's Python is never touched.
"""

import os
import shutil
import subprocess
import sys
from pathlib import Path

HOME = Path(__file__).resolve().parent
TOOLS = HOME / ".tools"
UV_RANGE = "uv>=0.13,<0.14"
OLDEST_UV = (0, 6)
OLDEST_PYTHON, FIRST_UNTRIED_PYTHON = (3, 11), (3, 14)

SERVER = ("pages", "ballots", "kills", "duels", "schedules")
BENCHMARKS = ("counting", "budgets", "stress", *SERVER)

USAGE = """\
python3 do.py demo [--no-open]   start a trial of the platform on this machine and open it in your browser
python3 do.py test [...]         lint, types and tests; --quick: only the quick tests; --all: the slow ones too;
                                 anything else goes to pytest
python3 do.py lint               lint and types alone
python3 do.py pictures           the pictures of the main pages, into docs/pictures/
python3 do.py bench [...]        the benchmarks of plans; `bench counting` and `bench budgets` those of counting,
                                 `bench pages` those of the platform, `bench ballots` ten thousand voters in a
                                 minute, `bench kills` servers killed while they vote, `bench duels` two who
                                 want the same at once, `bench schedules` random courses of events in assemblies,
                                 `bench stress` stress tests
python3 do.py COMMAND ...        any other command goes to solidaria: check, plan, example, count ...
                                 (python3 do.py plan --help says more)
"""


def main(words):
    """Do what the words say; give back the exit status of what ran."""
    if not words or words[0] in ("-h", "--help", "help"):
        print(USAGE, end="")
        return 0 if words else 2
    if not OLDEST_PYTHON <= sys.version_info[:2] < FIRST_UNTRIED_PYTHON:
        return refuse(
            "Solidaria needs Python 3.11, 3.12 or 3.13, and this is Python {}.{}.".format(*sys.version_info[:2]),
            "Install one of them and start do.py with it, for example: python3.12 do.py demo",
        )
    environment = settings(os.environ)
    uv = find_uv(environment)
    if uv is None:
        return 1
    run = Runner(uv, environment)
    verb, rest = words[0], words[1:]
    if verb == "test":
        return test(run, rest)
    if verb == "lint":
        return lint(run)
    if verb == "pictures":
        return run("python", str(HOME / "tools" / "pictures.py"), *rest)
    if verb == "bench":
        name, rest = (rest[0], rest[1:]) if rest and rest[0] in BENCHMARKS else ("plan", rest)
        groups = ("dev",) if name in SERVER else ("bench",)  # these need a server, not other planners
        return run("python", str(HOME / "benchmarks" / f"{name}.py"), *rest, groups=groups)
    return run("solidaria", *words, groups=())


class Runner:
    """Runs a program inside the project's own environment, which uv makes and keeps in step with uv.lock."""

    def __init__(self, uv, environment):
        self.uv = uv
        self.environment = environment

    def __call__(self, *command, groups=("dev",)):
        """Run the command in the directory the person is in; groups are the extra sets of libraries it needs."""
        options = ["--frozen", "--quiet", "--project", str(HOME), "--no-default-groups"]
        for group in groups:
            options += ["--group", group]
        if not (HOME / ".venv").exists():
            tell(
                "Fetching the libraries into {} (the first time only; some minutes on a slow line) ...".format(
                    HOME / ".venv"
                )
            )
        program = subprocess.Popen([self.uv, "run", *options, "--", *command], env=self.environment)
        while True:
            try:
                return program.wait()
            except KeyboardInterrupt:
                continue  # the program hears Ctrl-C too: it ends in its own order, and is waited for


def test(run, words):
    """Lint and types first, so that the last line is the tests' own count; fails when any of them fails."""
    chosen = [word for word in words if word not in ("--quick", "--all")]
    tests = ["python", "-m", "pytest", "--rootdir", str(HOME), "-c", str(HOME / "pyproject.toml")]
    if not any(Path(word.split("::")[0]).exists() for word in chosen):
        tests.append(str(HOME / "tests"))
    if "--quick" in words:
        return run(*tests, "-m", "not slow and not browser", *chosen)
    status = lint(run) if not chosen else 0
    if "--all" in words:
        tests.append("--maxfail=25")  # a fault that every later test meets must not cost an hour
    elif "-m" not in chosen:
        tests += ["-m", "not slow"]
    return run(*tests, *chosen) or status


def lint(run):
    """Style and types of the whole project."""
    places = [str(HOME / place) for place in ("solidaria", "tests", "benchmarks", "tools", "do.py")]
    steps = (
        ("ruff", "check", "--config", str(HOME / "pyproject.toml"), *places),
        ("ruff", "format", "--check", "--config", str(HOME / "pyproject.toml"), *places),
        ("mypy", "--config-file", str(HOME / "pyproject.toml"), str(HOME / "solidaria")),
    )
    return max([run(*step) for step in steps])


def settings(environment):
    """What uv is told: this Python and no other, no download of a Python, everything in this folder."""
    told = dict(environment)
    told.pop("VIRTUAL_ENV", None)  # another project's environment, if one is active
    told["UV_PYTHON"] = getattr(sys, "_base_executable", "") or sys.executable
    told["UV_PYTHON_DOWNLOADS"] = "never"
    told["UV_PROJECT_ENVIRONMENT"] = str(HOME / ".venv")
    told.setdefault("PIP_ROOT_USER_ACTION", "ignore")  # nothing goes into the system's Python, so no warning
    if "UV_CACHE_DIR" not in told and not is_writable(Path(os.path.expanduser("~")) / ".cache" / "uv"):
        told["UV_CACHE_DIR"] = str(TOOLS / "cache")
    return told


def is_writable(place):
    """Whether the place, or the nearest folder above it that exists, can be written."""
    while not place.exists() and place != place.parent:
        place = place.parent
    return place.is_dir() and os.access(str(place), os.W_OK)


def find_uv(environment):
    """The uv on the path if it runs and is not too old, otherwise ours in .tools, fetched with pip; or None."""
    ours = TOOLS / "bin" / ("uv.exe" if os.name == "nt" else "uv")
    for candidate in (shutil.which("uv"), str(ours)):
        if candidate and uv_version(candidate, environment) >= OLDEST_UV:
            return candidate
    tell(f"Fetching uv, the tool that fetches the libraries, into {TOOLS} ...")
    pip = [sys.executable, "-m", "pip", "--disable-pip-version-check", "--no-cache-dir", "install", "--quiet"]
    try:
        found = (
            subprocess.call(
                [sys.executable, "-m", "pip", "--version"],
                stdout=subprocess.DEVNULL,
                stderr=subprocess.DEVNULL,
                env=environment,
            )
            == 0
        )
        if not found:
            refuse(
                "This Python has no pip, so uv cannot be fetched.",
                "Install pip (Debian and Ubuntu: apt-get install python3-pip) or uv, then try again.",
            )
            return None
        status = subprocess.call([*pip, "--upgrade", "--target", str(TOOLS), UV_RANGE], env=environment)
    except KeyboardInterrupt:
        return None
    if status or uv_version(str(ours), environment) < OLDEST_UV:
        refuse(
            "uv could not be fetched; pip says why above.",
            "It needs a connection to pypi.org, or a uv of your own on the path.",
        )
        return None
    return str(ours)


def uv_version(uv, environment):
    """The version of this uv as two numbers; (0, 0) when it does not run."""
    try:
        answer = (
            subprocess.run(
                [uv, "--version"],
                stdout=subprocess.PIPE,
                stderr=subprocess.DEVNULL,
                env=environment,
                timeout=60,
                check=True,
            )
            .stdout.decode()
            .split()
        )
        return tuple(int(part) for part in answer[1].split(".")[:2])
    except (OSError, ValueError, IndexError, subprocess.SubprocessError):
        return (0, 0)


def tell(sentence):
    """Say something to the person, apart from what the programs print as results."""
    print(sentence, file=sys.stderr, flush=True)


def refuse(what, help):
    """Say what is wrong and what would help; give back the exit status of a refusal."""
    tell(what)
    tell(help)
    return 1


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
