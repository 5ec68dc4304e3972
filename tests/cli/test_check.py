"""`solidaria check` says what was read, or every fault with what would help."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest

from solidaria.cli.example import networks
from solidaria.cli.main import COMMANDS, main

GOOD = {
    "organisations": "organisation,name,kind,members,ability,pledge\nhilo,Hilo Rojo,site,,,\nnorte,Norte,union,9,,5\n",
    "sites": "site,members,paid_hours\nhilo,4,160\n",
    "products": "product,name,unit\nshirt,Shirt,piece\n",
    "recipes": "recipe,site,product,labour_hours\nsew,hilo,shirt,1.5\n",
    "needs": "need,organisation,product,quantity\nn1,norte,shirt,10\n",
    "rules": "rule,value\ncurrency,ARS\nliving_wage,10\n",
}


def written(folder: Path, **changes: str) -> str:
    folder.mkdir(exist_ok=True)
    for name, text in {**GOOD, **changes}.items():
        (folder / f"{name}.csv").write_text(text, encoding="utf-8")
    return str(folder)


def test_a_good_workbook_is_summed_up_and_its_warnings_do_not_refuse_it(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["check", written(tmp_path / "net")]) == 0
    answer = capsys.readouterr()
    assert "net can be planned" in answer.out and "2 organisations, 1 site" in answer.out
    assert "row 3, ability" in answer.out and "Norte pledged, but pays nothing" in answer.out
    assert answer.err == ""


def test_a_bad_workbook_is_refused_on_standard_error_with_every_fault(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    bad = written(
        tmp_path / "net",
        sites='site,members,paid_hours\nhilo,"4,5",160\n',
        needs="need,organisation,product,quantity\nn1,nort,shirt,0\n",
    )
    assert main(["check", bad]) == 1
    answer = capsys.readouterr()
    assert answer.out == ""
    for words in ("3 things are wrong", "row 2, members", "4.5", "Did you mean norte?", "above 0"):
        assert words in answer.err


def test_one_fault_is_spoken_of_as_one_and_several_as_several(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    head, bad_row = "need,organisation,product,quantity\n", "n{number},norte,shirt,-1\n"
    told = {}
    for count in (1, 2, 6, 7, 15, 16):
        rows = "".join(bad_row.format(number=number) for number in range(count))
        assert main(["check", written(tmp_path / "net", needs=head + rows)]) == 1
        told[count] = capsys.readouterr().err
    assert "One thing is wrong" in told[1] and told[1].endswith("Correct it and run the same command again.\n")
    assert "2 things are wrong" in told[2] and told[2].endswith("Correct them and run the same command again.\n")
    assert "… and one more like this (row 7)\n" in told[6]
    assert "… and 2 more like this (rows 7, 8)\n" in told[7]
    assert "(rows 7, 8, 9, 10, 11, 12, 13, 14, 15, 16)\n" in told[15]
    assert "(rows 7, 8, 9, 10, 11, 12, 13, 14, 15, 16 …)\n" in told[16]


def test_spanish_is_spanish(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    bad = written(tmp_path / "net", needs="need,organisation,product,quantity\nn1,norte,shirt,\n")
    assert main(["check", bad, "--lang", "es"]) == 1
    assert "fila 2, quantity: La celda está en blanco." in capsys.readouterr().err


def test_of_ten_thousand_faults_the_first_are_shown_and_the_rest_counted_and_json_has_all(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    rows = "".join(f"n{number},nobody,shirt,1\n" for number in range(10_000))
    bad = written(tmp_path / "net", needs="need,organisation,product,quantity\n" + rows)
    assert main(["check", bad]) == 1
    text = capsys.readouterr().err
    assert "10000 things are wrong" in text.replace(",", "") and "9995 more like this" in text.replace(",", "")
    assert len(text.splitlines()) < 40
    assert main(["check", bad, "--format", "json"]) == 1
    faults = json.loads(capsys.readouterr().out)["faults"]
    assert len(faults) == 10_000
    assert faults[0] == {
        "sheet": "needs",
        "row": 2,
        "column": "organisation",
        "what": faults[0]["what"],
        "help": faults[0]["help"],
    }
    assert faults[0]["what"] and faults[0]["help"]


@pytest.mark.parametrize("name", sorted(networks()))
def test_every_worked_network_passes(name: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["example", name, str(tmp_path / name)]) == 0
    capsys.readouterr()
    assert main(["check", str(tmp_path / name), "--format", "json"]) == 0
    assert json.loads(capsys.readouterr().out)["faults"] == []


@pytest.mark.parametrize("command", sorted(COMMANDS))
def test_every_command_has_help_with_an_example(command: str, capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as left:
        main([command, "--help"])
    assert left.value.code == 0
    assert f"solidaria {command}" in capsys.readouterr().out.split("xample", 1)[1]


def test_wrong_usage_is_2_and_nothing_is_read(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["chekc"]) == 2
    assert "there is no command 'chekc'" in capsys.readouterr().err
    with pytest.raises(SystemExit) as left:
        main(["check"])
    assert left.value.code == 2


def test_a_reader_who_leaves_early_sees_no_traceback(tmp_path: Path) -> None:
    network = written(tmp_path / "net")
    script = "import sys; from solidaria.cli.main import main; sys.exit(main())"
    command = subprocess.Popen(
        [sys.executable, "-c", script, "check", network, "--format", "json"],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
    )
    assert command.stdout is not None and command.stderr is not None
    command.stdout.close()
    assert b"Traceback" not in command.stderr.read()
    assert command.wait() == 0
    command.stderr.close()


def test_a_check_loads_neither_django_nor_the_plan(tmp_path: Path) -> None:
    script = (
        "import sys; from solidaria.cli.main import main; main(); "
        "print([name for name in ('django', 'highspy', 'solidaria.core.plan.solve') if name in sys.modules])"
    )
    command = [sys.executable, "-c", script, "check", written(tmp_path / "net")]
    run = subprocess.run(command, capture_output=True, text=True, check=True)
    assert run.stdout.splitlines()[-1] == "[]"
