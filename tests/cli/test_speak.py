"""Which language a command speaks when nobody says."""

from __future__ import annotations

import pytest

from solidaria.cli.main import main
from solidaria.cli.speak import usual_language


@pytest.mark.parametrize(
    ("environment", "language"),
    [
        ({}, "en"),
        ({"LANG": "es_AR.UTF-8"}, "es"),
        ({"LANG": "es"}, "es"),
        ({"LANG": "ES-ar"}, "es"),
        ({"LANG": "es@euro"}, "es"),
        ({"LANG": "pt_BR.UTF-8"}, "en"),
        ({"LANG": "est_EE"}, "en"),
        ({"LANG": "C.UTF-8"}, "en"),
        ({"LC_ALL": "en_GB.UTF-8", "LC_MESSAGES": "es_ES", "LANG": "es_ES"}, "en"),
        ({"LC_ALL": "", "LC_MESSAGES": "es_ES", "LANG": "en_US"}, "es"),
        ({"LANGUAGE": "pt:es:en", "LANG": "en_US.UTF-8"}, "es"),
        ({"LANGUAGE": "pt", "LANG": "es_UY.UTF-8"}, "es"),
        ({"LANGUAGE": "es"}, "es"),
        ({"LANGUAGE": "es", "LC_ALL": "C"}, "en"),
        ({"LANGUAGE": "es", "LANG": "POSIX"}, "en"),
    ],
)
def test_the_language_is_that_of_the_environment_where_it_is_one_of_ours_else_english(
    environment: dict[str, str], language: str
) -> None:
    assert usual_language(environment) == language


def test_what_is_said_goes_before_the_environment(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("LANG", "es_AR.UTF-8")
    assert main(["check", "no-such-place"]) == 1
    spanish = capsys.readouterr().err
    assert main(["check", "no-such-place", "--lang", "en"]) == 1
    english = capsys.readouterr().err
    assert "Corríjala" in spanish and "Correct it" in english


def test_help_says_which_language_is_the_default(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("LANG", "es_AR.UTF-8")
    for command in ("check", "plan", "compare", "count", "example"):
        with pytest.raises(SystemExit):
            main([command, "--help"])
        assert "your system, here es" in " ".join(capsys.readouterr().out.split())
