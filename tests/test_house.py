"""The house itself: what a stranger finds in the folder is true, complete, and names no private place."""

from __future__ import annotations

import re
import subprocess
import sys
import tomllib
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent
PUBLIC_HOSTS = {"pypi.org", "files.pythonhosted.org"}
PAGES = [page for page in sorted(ROOT.glob("*.md")) + sorted((ROOT / "docs").rglob("*.md"))]
STEPS = "who needs plan price decide agree books fund watch defend learn".split()


def tracked() -> list[Path]:
    """Every file of the project; empty where this is no clone (an unpacked archive)."""
    ended = subprocess.run(["git", "ls-files", "-z"], cwd=ROOT, capture_output=True, text=True, check=False)
    return [ROOT / name for name in ended.stdout.split("\0") if name]


def run_do(*words: str, **options: object) -> subprocess.CompletedProcess[str]:
    """Run do.py as a person would."""
    return subprocess.run(
        [sys.executable, str(ROOT / "do.py"), *words], capture_output=True, text=True, check=False, **options
    )


def test_the_lock_names_the_public_index_only() -> None:
    """Anybody can fetch what the lock names, wherever it was made."""
    lock = (ROOT / "uv.lock").read_text(encoding="utf-8")
    hosts = set(re.findall(r"https?://([^/\"\s]+)", lock))
    assert hosts == PUBLIC_HOSTS
    assert not re.search(r"registry = \"(?!https://pypi\.org/simple\")", lock)
    assert "file://" not in lock


def test_the_lock_has_every_library_that_is_asked_for() -> None:
    """pyproject.toml and uv.lock belong together."""
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
    asked = [*project["project"]["dependencies"]]
    for group in project["dependency-groups"].values():
        asked += group
    locked = {
        package["name"] for package in tomllib.loads((ROOT / "uv.lock").read_text(encoding="utf-8"))["package"]
    }
    names = {re.split(r"[<>=!~\[; ]", line)[0].lower().replace("_", "-") for line in asked}
    assert names <= locked


def test_no_file_names_a_private_place() -> None:
    """No path or host of the machine that anybody wrote this on."""
    private = re.compile(
        "|".join(("/" + "work/", "/" + "root/", "/home/" + r"\w", "farm" + "-studio", r"\." + "local/"))
    )
    found = []
    for path in tracked():
        if path.suffix in {".png", ".xlsx", ".mo", ".woff2", ".lock"} or not path.is_file():
            continue
        for number, line in enumerate(path.read_text(encoding="utf-8", errors="replace").splitlines(), start=1):
            if private.search(line):
                found.append(f"{path.relative_to(ROOT)}:{number}: {line.strip()[:80]}")
    assert found == []


@pytest.mark.parametrize("page", PAGES, ids=lambda page: str(page.relative_to(ROOT)))
def test_every_link_of_a_page_leads_somewhere(page: Path) -> None:
    """Links between the project's own pages and pictures."""
    text = re.sub(r"```.*?```", "", page.read_text(encoding="utf-8"), flags=re.DOTALL)
    targets = re.findall(r"\]\(([^)#\s]+)(?:#[^)]*)?\)", text)
    missing = [
        target
        for target in targets
        if not target.startswith(("http://", "https://", "mailto:")) and not (page.parent / target).exists()
    ]
    assert missing == []


@pytest.mark.parametrize("page", ["README.md", "README.es.md", "CONTRIBUTING.md"])
def test_every_command_of_the_readme_exists(page: str) -> None:
    """A stranger types what the page says, and it is there."""
    text = (ROOT / page).read_text(encoding="utf-8")
    words = set(re.findall(r"python3 do\.py ([a-z]+)", text)) | set(re.findall(r"`solidaria ([a-z]+)", text))
    usage = run_do("--help").stdout
    own = set(re.findall(r"python3 do\.py ([a-z]+)", usage))
    script = "import sys; from solidaria.cli.main import main; sys.argv[1:] = ['--help']; sys.exit(main())"
    listed = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=False).stdout
    commands = set(re.findall(r"^\s{1,6}([a-z]+)\b", listed, flags=re.MULTILINE))
    assert words - own - commands == set()


def test_the_licence_is_the_whole_affero_licence() -> None:
    """The file is the licence itself and not a note about it."""
    text = (ROOT / "LICENSE").read_text(encoding="utf-8")
    assert "GNU AFFERO GENERAL PUBLIC LICENSE" in text
    assert "13. Remote Network Interaction" in text
    assert "END OF TERMS AND CONDITIONS" in text
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    assert project["license"] == "AGPL-3.0-or-later"


def test_the_glossary_has_every_step_in_three_languages() -> None:
    """No word of the loop without Spanish and Portuguese, and no empty cell."""
    rows = [
        [cell.strip() for cell in line.strip("|").split("|")]
        for line in (ROOT / "docs" / "glossary.md").read_text(encoding="utf-8").splitlines()
        if line.startswith("|") and not line.startswith("|---")
    ]
    assert set(STEPS) <= {row[0] for row in rows}
    assert [row for row in rows if not all(row)] == []
    words = [row[0] for row in rows if row[0] != "English"]
    assert len(words) == len(set(words))


def test_every_decision_is_in_the_list() -> None:
    """A page in docs/decisions that nobody can find is lost."""
    folder = ROOT / "docs" / "decisions"
    listed = (folder / "README.md").read_text(encoding="utf-8")
    numbers = [page.name[:4] for page in sorted(folder.glob("0*.md"))]
    assert [page.name for page in folder.glob("0*.md") if page.name not in listed] == []
    assert len(numbers) == len(set(numbers))


def test_do_py_needs_the_standard_library_alone() -> None:
    """Nothing of ours and nothing fetched: it must run before anything is there."""
    source = (ROOT / "do.py").read_text(encoding="utf-8")
    names = set(re.findall(r"^(?:import|from) (\w+)", source, flags=re.MULTILINE))
    assert names <= set(sys.stdlib_module_names)


def test_do_py_says_what_it_can_do() -> None:
    """Without a word it lists its commands and ends as wrong usage; with --help it is content."""
    assert run_do().returncode == 2
    helped = run_do("--help")
    assert helped.returncode == 0
    assert {"demo", "test"} <= set(re.findall(r"do\.py ([a-z]+)", helped.stdout))


def test_an_old_python_is_refused_with_what_would_help() -> None:
    """The sentence, not a traceback: run with the version number of an older Python."""
    script = (
        "import sys, runpy; sys.version_info = (3, 9, 2, 'final', 0); sys.argv = ['do.py', 'demo']; "
        f"runpy.run_path({str(ROOT / 'do.py')!r}, run_name='__main__')"
    )
    ended = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=False)
    assert ended.returncode == 1
    assert "this is Python 3.9" in ended.stderr
    assert "Traceback" not in ended.stderr


def test_a_python_without_pip_is_told_what_to_install(tmp_path: Path) -> None:
    """No uv on the path and no pip: do.py says how to get pip, and leaves nothing half made."""
    folder = tmp_path / "clone"
    folder.mkdir()
    (folder / "do.py").write_text((ROOT / "do.py").read_text(encoding="utf-8"), encoding="utf-8")
    script = (
        "import subprocess, sys, runpy\n"
        "call = subprocess.call\n"
        "subprocess.call = lambda command, **more: 1 if 'pip' in command else call(command, **more)\n"
        "sys.argv = ['do.py', 'demo']\n"
        f"runpy.run_path({str(folder / 'do.py')!r}, run_name='__main__')"
    )
    ended = subprocess.run(
        [sys.executable, "-c", script],
        capture_output=True,
        text=True,
        check=False,
        env={"PATH": str(tmp_path), "HOME": str(tmp_path)},
    )
    assert ended.returncode == 1
    assert "apt-get install python3-pip" in ended.stderr
    assert sorted(path.name for path in folder.iterdir()) == ["do.py"]
