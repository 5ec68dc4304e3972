"""The templates' tools: sentences in the page's language, numbers, links, forms that are taken once."""

from __future__ import annotations

import secrets
from datetime import date, datetime
from decimal import Decimal
from typing import Any

from django.contrib.messages import get_messages
from django.templatetags.static import static
from django.urls import reverse
from django.utils.timezone import localtime
from jinja2 import Environment, StrictUndefined, pass_context
from jinja2.runtime import Context
from markupsafe import Markup, escape

from solidaria import __version__
from solidaria.actions.permit import PURPOSES, RIGHTS
from solidaria.actions.who import decided
from solidaria.core.problem import Sentence, say, say_many
from solidaria.core.view import Cell
from solidaria.records.models import Organisation
from solidaria.report.html import FRIEZE
from solidaria.report.language import Language
from solidaria.report.views import words as spoken
from solidaria.report.words import KINDS, RULES
from solidaria.web import words
from solidaria.web.language import language


def environment(**options: Any) -> Environment:
    """Templates that escape whatever people typed, and fail on a name that does not exist."""
    options["undefined"] = StrictUndefined
    options["trim_blocks"] = options["lstrip_blocks"] = True
    made = Environment(**options)
    made.globals.update(
        say=_say,
        say_many=_say_many,
        text=_text,
        n=_number,
        money=_money,
        percent=_percent,
        date=_date,
        moment=_moment,
        url=_url,
        static=static,
        once=lambda: secrets.token_urlsafe(18),
        messages=get_messages,
        release=__version__,
        frieze=FRIEZE,
        kinds=KINDS,
        rule_words=RULES,
        right_words=RIGHTS,
        purposes=PURPOSES,
        words=words,
        decided=decided,
        lang_of=_lang_of,
        in_its_language=_in_its_language,
        spoken=_spoken,
        # What a page without a refusal shows; a context processor would hide the refusals.
        given={},
        faults=[],
        fault={},
    )
    made.filters["plain"] = _plain
    return made


def _language(context: Context) -> Language:
    found = context.get("language")
    return found if isinstance(found, Language) else language("en")


@pass_context
def _say(context: Context, template: str, **values: object) -> Markup:
    return _language(context).markup(say(template, **values))


@pass_context
def _say_many(context: Context, one: str, many: str, count: int, **values: object) -> Markup:
    return _language(context).markup(say_many(one, many, count, **values))


@pass_context
def _text(context: Context, sentence: Sentence | str) -> Markup:
    """A sentence that somebody else made, in the page's language."""
    return _language(context).markup(sentence)


@pass_context
def _spoken(context: Context, value: Cell) -> str:
    """A value of the books' views as people read it in the page's language."""
    return spoken(value, _language(context))


@pass_context
def _number(context: Context, value: Decimal | int | None, unit: str = "") -> str:
    return "" if value is None else _language(context).number(Decimal(value), unit)


@pass_context
def _money(context: Context, amount: Decimal | None, currency: str) -> str:
    return "" if amount is None else language(_language(context).code, currency).price(amount, code=True)


@pass_context
def _percent(context: Context, share: float) -> str:
    return _language(context).percent(share)


@pass_context
def _date(context: Context, day: Any) -> str:
    if isinstance(day, datetime):
        day = localtime(day).date()
    elif isinstance(day, str):
        day = date.fromisoformat(day)
    return "" if day is None else _language(context).date(day)


@pass_context
def _moment(context: Context, at: datetime | None) -> str:
    if at is None:
        return ""
    local = localtime(at)
    return f"{_language(context).date(local.date())}, {local:%H:%M} UTC"


@pass_context
def _lang_of(context: Context, one: Organisation) -> Markup:
    """The attribute that says in which language an organisation's own words are, where it is not the page's."""
    if not one.language or one.language == _language(context).code:
        return Markup()
    return Markup(' lang="{}"').format(one.language)


@pass_context
def _in_its_language(context: Context, one: Organisation, words: str) -> Markup:
    """An organisation's own words inside a sentence of the page, marked where they are in another language."""
    language = _lang_of(context, one)
    return Markup("<span{}>{}</span>").format(language, words) if language else Markup(escape(words))


def _url(name: str, *arguments: Any) -> str:
    return reverse(name, args=arguments)


def _plain(value: Decimal | int | None) -> str:
    """A number as a form field holds it: digits and a point, no thousands."""
    if value is None:
        return ""
    text = f"{Decimal(value):f}"
    return text.rstrip("0").rstrip(".") if "." in text else text
