"""The one command: what it says, what it gives back, and how it stops."""

import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from solidaria.cli.main import COMMANDS, main

EXAMPLES = Path(__file__).resolve().parent.parent.parent / "solidaria" / "examples"


def test_help_names_every_command(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["--help"]) == 0
    said = capsys.readouterr().out
    assert all(name in said for name in COMMANDS)


@pytest.mark.parametrize("command", sorted(COMMANDS))
def test_the_help_of_every_command_has_an_example(command: str, capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as end:
        main([command, "--help"])
    assert end.value.code == 0
    assert f"solidaria {command}" in capsys.readouterr().out


@pytest.mark.parametrize("words", [[], ["plant"], ["plan", "a", "--format", "pdf"]])
def test_wrong_words_end_with_2(words: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    try:
        status = main(words)
    except SystemExit as end:
        status = int(end.code or 0)
    assert status == 2
    assert capsys.readouterr().err


@pytest.mark.parametrize("seconds", [0.3, 1.5])
def test_ctrl_c_stops_without_a_traceback_and_leaves_no_file(tmp_path: Path, seconds: float) -> None:
    out = tmp_path / "plan.html"
    # As the installed command starts; under `python -m` Python may turn a 130 into its own signal.
    words = [
        sys.executable,
        "-c",
        "import sys; from solidaria.cli.main import main; sys.exit(main())",
        "plan",
        str(EXAMPLES / "recovered-network"),
        "--out",
        str(out),
    ]
    with subprocess.Popen(words, stderr=subprocess.PIPE, text=True) as run:
        time.sleep(seconds)
        run.send_signal(signal.SIGINT)
        _, said = run.communicate(timeout=60)
    # Before our own first line runs there is only Python, which says it in its own way.
    if "Stopped" in said:
        assert run.returncode == 130 and "Traceback" not in said
    assert list(tmp_path.iterdir()) == []


def test_a_reader_that_has_had_enough_is_no_fault(tmp_path: Path) -> None:
    words = f"{sys.executable} -m solidaria.cli.main plan {EXAMPLES / 'zanon-2003'} | head -1"
    run = subprocess.run(words, shell=True, capture_output=True, text=True, check=False)
    assert run.stdout.strip() and "Traceback" not in run.stderr
