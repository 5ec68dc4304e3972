"""Files of banks, as banks of several countries write them: CSV in any dress, and camt.053 of versions 2 to 8."""

from __future__ import annotations

from datetime import date
from decimal import Decimal

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from solidaria.core.bank import (
    Line,
    Mapping,
    amount_in,
    day_in,
    guess,
    key_of,
    keys,
    mapping_faults,
    packed,
    read,
    unpacked,
)
from solidaria.core.problem import Refused
from solidaria.records.statements import (
    MOST_BYTES,
    MOST_ELEMENTS,
    encoding_of,
    is_xml,
    read_camt,
    rows_of,
    separator_of,
)


def statement(content: bytes, currency: str = "EUR", **changed: object):  # type: ignore[no-untyped-def]
    """A CSV read as it looks."""
    rows, separator, encoding = rows_of("bank.csv", content)
    mapping = guess(rows, separator, encoding)
    return read(rows, mapping, currency, "bank.csv")


# --- CSV ---

ARGENTINA = """Banco de la Nación\r
Cuenta;0110-123\r
\r
Fecha;Concepto;Débito;Crédito;Saldo\r
24/11/2026;TRANSF. RECIBIDA "Barrio Norte";;1.500,00;1.500,00\r
25/11/2026;COMISION;-12,50;;1.487,50\r
;Saldo final;;;\r
""".encode("cp1252")
GERMANY = (
    "Buchungstag;Wertstellung;Auftraggeber/Empfänger;Verwendungszweck;Betrag;Währung\n"
    "24.11.26;24.11.26;Gewerkschaft Süd;Bestellung\nNord;1.234,56;EUR\n".replace(
        "Bestellung\nNord", '"Bestellung\nNord"'
    )
    + "25.11.26;25.11.26;Stadtwerke;Strom;-99,00;EUR\n"
).encode("utf-8-sig")
ENGLAND = (
    b'Date,Type,Description,Paid out,Paid in,Balance\n24 Nov 2026,DD,POWER CO,"1,000.00",,5\n'
    b"25 Nov 2026,CR,UNION,,20.00,25\n"
)
TABS = "Date\tDescription\tAmount\n2026-11-24\tUnion\t20.00\n".encode("utf-16")
SIGNED = b"Datum;Text;Betrag;Soll/Haben\n24.11.2026;Strom;99,00;S\n25.11.2026;Verkauf;20,00;H\n"


@pytest.mark.parametrize(
    ("content", "currency", "expected"),
    [
        (ARGENTINA, "ARS", [(5, "2026-11-24", 150000), (6, "2026-11-25", -1250)]),
        (GERMANY, "EUR", [(2, "2026-11-24", 123456), (3, "2026-11-25", -9900)]),
        (ENGLAND, "GBP", [(2, "2026-11-24", -100000), (3, "2026-11-25", 2000)]),
        (TABS, "EUR", [(2, "2026-11-24", 2000)]),
        (SIGNED, "EUR", [(2, "2026-11-24", -9900), (3, "2026-11-25", 2000)]),
    ],
)
def test_files_of_banks_of_several_countries_are_read_as_they_look(
    content: bytes, currency: str, expected: list[tuple[int, str, int]]
) -> None:
    found = statement(content, currency)
    assert found.faults == ()
    assert [(line.row, line.day.isoformat(), line.amount) for line in found.lines] == expected


def test_encoding_and_separator_are_found() -> None:
    assert [encoding_of(one) for one in (ARGENTINA, GERMANY, TABS)] == ["cp1252", "utf-8", "utf-16"]
    assert [separator_of(text) for text in ('a;"b,c,d"\n1;2', "a,b\n1,2", "a\tb", "a|b|c")] == [
        ";",
        ",",
        "\t",
        "|",
    ]
    assert "Nación" in rows_of("bank.csv", ARGENTINA)[0][0][0]


@pytest.mark.parametrize(
    ("text", "order", "expected"),
    [
        ("24/11/2026", "dmy", "2026-11-24"),
        ("11/24/2026", "mdy", "2026-11-24"),
        ("03/04/2026", "dmy", "2026-04-03"),
        ("03/04/2026", "mdy", "2026-03-04"),
        ("24.11.26", "dmy", "2026-11-24"),
        ("2026-11-24 13:45", "ymd", "2026-11-24"),
        ("20261124", "ymd", "2026-11-24"),
        ("24112026", "dmy", "2026-11-24"),
        ("24-nov-2026", "dmy", "2026-11-24"),
        ("24 de noviembre de 2026", "dmy", "2026-11-24"),
        ("24-MÄRZ-2026", "dmy", "2026-03-24"),
        ("24-FOO-2026", "dmy", None),
        ("31/02/2026", "dmy", None),
        ("24/13/2026", "dmy", None),
        ("hoy", "dmy", None),
        ("", "dmy", None),
        ("24/11/1826", "dmy", None),
    ],
)
def test_days_are_read_in_the_order_that_was_chosen(text: str, order: str, expected: str | None) -> None:
    found = day_in(text, order)
    assert (found.isoformat() if found else None) == expected


@pytest.mark.parametrize(
    ("text", "point", "expected"),
    [
        ("1.234,50", ",", "1234.50"),
        ("1,234.50", ".", "1234.50"),
        ("-12,5", ",", "-12.5"),
        ("12,50-", ",", "-12.50"),
        ("(12.50)", ".", "-12.50"),
        ("\u221212,50", ",", "-12.50"),
        ("$ 1.000", ",", "1000"),
        ("1 234,50", ",", "1234.50"),
        ("1'234.50", ".", "1234.50"),
        ("EUR 5", ",", "5"),
        (",50", ",", "0.50"),
        ("1.5", ",", None),
        ("12,34", ".", None),
        ("1.23.456,00", ",", None),
        ("", ",", None),
        ("-", ",", None),
        ("12,50,00", ",", None),
        ("１２", ",", None),
        ("1e5", ".", None),
        ("NaN", ".", None),
    ],
)
def test_amounts_are_read_by_the_sign_that_was_chosen_and_nothing_is_guessed(
    text: str, point: str, expected: str | None
) -> None:
    found = amount_in(text, point)
    assert found == (None if expected is None else Decimal(expected))


@given(st.decimals(min_value=-(10**9), max_value=10**9, places=2), st.sampled_from([",", "."]))
def test_every_amount_that_a_bank_writes_is_read_back(value: Decimal, point: str) -> None:
    written = f"{value:,.2f}"
    if point == ",":
        written = written.translate(str.maketrans(",.", ".,"))
    assert amount_in(written, point) == value


def test_every_fault_of_a_mapping_is_told_at_once() -> None:
    columns = ((0, "name"), (1, "name"), (2, "amount"), (3, "into"))
    told = [str(fault.what) for fault in mapping_faults(Mapping(columns=columns))]
    assert len(told) == 3 and told[2].startswith("Two columns are said to be")


def test_a_mapping_is_kept_and_read_back() -> None:
    mapping = Mapping("\t", "cp1252", 4, ((0, "day"), (2, "amount")), ("a", "b", "c"), "mdy", ".", True)
    assert unpacked(packed(mapping)) == mapping


def test_a_file_with_other_columns_than_before_is_asked_about() -> None:
    rows, separator, encoding = rows_of("bank.csv", ENGLAND)
    mapping = guess(rows, separator, encoding)
    found = read([["Date", "Other"], *rows[1:]], mapping, "GBP", "bank.csv")
    assert [str(fault.what) for fault in found.faults] == ["The columns are not the ones that were chosen before."]


def test_another_currency_is_refused_with_its_row() -> None:
    found = statement(GERMANY.replace(b"-99,00;EUR", b"-99,00;CHF"))
    # The first line has a line break within its cell: rows are counted as a spreadsheet counts them.
    assert [(fault.row, fault.column) for fault in found.faults] == [(3, "Währung")]


def test_money_that_came_in_and_went_out_at_once_is_refused() -> None:
    found = statement(ENGLAND.replace(b",,20.00", b",5.00,20.00"), "GBP")
    assert [(fault.row, fault.column) for fault in found.faults] == [(3, "Paid in")]


@pytest.mark.parametrize(
    "content",
    [b"", b" \n", b"a" * (MOST_BYTES + 1), b'"' + b"a" * 200_000, b";".join([b"x"] * 200), b"\xff\xfea"],
)
def test_files_that_are_too_large_or_no_text_are_refused_with_what_would_help(content: bytes) -> None:
    with pytest.raises(Refused) as why:
        rows_of("bank.csv", content)
    assert all(str(fault.help) for fault in why.value.faults)


@settings(max_examples=150)
@given(st.binary(max_size=300))
def test_no_file_breaks_the_reader(content: bytes) -> None:
    try:
        rows, separator, encoding = rows_of("bank.csv", content)
    except Refused:
        return
    found = read(rows, guess(rows, separator, encoding), "EUR", "bank.csv")
    assert found.faults or found.lines


# --- what makes a line itself ---

LINES = st.builds(
    Line,
    row=st.integers(1, 9),
    day=st.dates(date(2026, 1, 1), date(2026, 1, 3)),
    amount=st.sampled_from([1, -1, 200]),
    name=st.sampled_from(["", "Ana", "ANA "]),
    text=st.sampled_from(["", "x"]),
    bank=st.sampled_from(["", "T1", "0"]),
)


@given(st.lists(LINES, max_size=12))
def test_no_two_lines_of_a_file_have_the_same_key_and_the_same_file_gives_the_same(lines: list[Line]) -> None:
    found = keys(lines)
    assert len(set(found)) == len(lines) and found == keys(lines)
    assert keys(lines[: len(lines) // 2]) == found[: len(lines) // 2]


def test_spaces_and_capitals_of_a_text_make_no_other_line() -> None:
    one = Line(1, date(2026, 1, 1), 5, "Ana", text="PAGO  nº 1")
    other = Line(9, date(2026, 1, 1), 5, "ANA", text="pago nº 1")
    assert key_of(one) == key_of(other)
    assert key_of(one) != key_of(Line(1, date(2026, 1, 1), 5, "Ana", text="pago nº 2"))


# --- camt.053 ---


def camt(version: int = 2, entries: str = "", currency: str = "EUR", more: str = "") -> bytes:
    """A statement of one account: 100.00 at the start."""
    name = "<Nm>{}</Nm>" if version < 8 else "<Pty><Nm>{}</Nm></Pty>"
    status = "<Sts>BOOK</Sts>" if version < 7 else "<Sts><Cd>BOOK</Cd></Sts>"
    if not entries:
        entries = f"""<Ntry><Amt Ccy="{currency}">150.00</Amt><CdtDbtInd>CRDT</CdtDbtInd>{status}
<BookgDt><Dt>2026-11-24</Dt></BookgDt><ValDt><Dt>2026-11-25</Dt></ValDt><AcctSvcrRef>REF-1</AcctSvcrRef>
<NtryDtls><TxDtls><Refs><EndToEndId>taller-hilo/1/1</EndToEndId></Refs><RltdPties><Dbtr>{name.format("Barrio Norte")}</Dbtr>
<DbtrAcct><Id><IBAN>DE02 1203 0000 0000 2020 51</IBAN></Id></DbtrAcct></RltdPties>
<RmtInf><Ustrd>Uniformen</Ustrd><Ustrd>November</Ustrd></RmtInf></TxDtls></NtryDtls></Ntry>
<Ntry><Amt Ccy="{currency}">30.00</Amt><CdtDbtInd>DBIT</CdtDbtInd>{status}<BookgDt><DtTm>2026-11-25T10:00:00</DtTm></BookgDt>
<NtryDtls><TxDtls><Amt Ccy="{currency}">10.00</Amt></TxDtls><TxDtls><Amt Ccy="{currency}">20.00</Amt></TxDtls></NtryDtls>
<AddtlNtryInf>Sammler</AddtlNtryInf></Ntry>
<Ntry><Amt Ccy="{currency}">9.00</Amt><CdtDbtInd>DBIT</CdtDbtInd>{status.replace("BOOK", "PDNG")}
<BookgDt><Dt>2026-11-26</Dt></BookgDt></Ntry>"""
    return f"""<?xml version="1.0" encoding="UTF-8"?>{more}
<Document xmlns="urn:iso:std:iso:20022:tech:xsd:camt.053.001.{version:02}"><BkToCstmrStmt><GrpHdr><MsgId>1</MsgId></GrpHdr>
<Stmt><Id>1</Id><Acct><Id><IBAN>DE89 3704 0044 0532 0130 00</IBAN></Id></Acct>
<Bal><Tp><CdOrPrtry><Cd>OPBD</Cd></CdOrPrtry></Tp><Amt Ccy="{currency}">100.00</Amt><CdtDbtInd>CRDT</CdtDbtInd></Bal>
<Bal><Tp><CdOrPrtry><Cd>CLBD</Cd></CdOrPrtry></Tp><Amt Ccy="{currency}">220.00</Amt><CdtDbtInd>CRDT</CdtDbtInd></Bal>
{entries}</Stmt></BkToCstmrStmt></Document>""".encode()


@pytest.mark.parametrize("version", range(2, 9))
def test_camt_053_of_every_version_is_read(version: int) -> None:
    content = camt(version)
    assert is_xml(content)
    found = read_camt("bank.xml", content, "EUR")
    assert found.faults == ()
    assert found.lines[0] == Line(
        1,
        date(2026, 11, 24),
        15000,
        "Barrio Norte",
        "DE02120300000000202051",
        "Uniformen November",
        "taller-hilo/1/1",
        "REF-1",
    )
    # An entry of several transactions is several lines; what the bank has not booked is not read.
    assert [(line.row, line.amount, line.text) for line in found.lines[1:]] == [
        (2, -1000, "Sammler"),
        (3, -2000, "Sammler"),
    ]
    assert (found.pending, found.number, found.opening, found.closing) == (
        1,
        "DE89370400440532013000",
        10000,
        22000,
    )
    assert found.adds_up is True


def test_a_prefix_and_another_encoding_make_no_difference() -> None:
    plain = camt(4).decode()
    prefixed = (
        plain.replace("<", "<c:").replace("<c:/", "</c:").replace("<c:?", "<?").replace("xmlns=", "xmlns:c=")
    )
    assert read_camt("x", prefixed.encode(), "EUR").lines == read_camt("x", camt(4), "EUR").lines
    wide = plain.replace("UTF-8", "UTF-16").replace("Barrio", "Bärrio").encode("utf-16")
    assert read_camt("x", wide, "EUR").lines[0].name == "Bärrio Norte"


def test_a_statement_whose_balances_do_not_add_up_is_found() -> None:
    assert read_camt("x", camt().replace(b"220.00", b"221.00"), "EUR").adds_up is False


def test_parts_that_do_not_add_up_to_their_entry_are_one_line() -> None:
    found = read_camt("x", camt().replace(b">20.00<", b">21.00<"), "EUR")
    assert [line.amount for line in found.lines] == [15000, -3000]


def test_every_fault_of_a_camt_file_is_told_with_its_entry() -> None:
    broken = camt().replace(b">150.00<", b">150,00<").replace(b"<DtTm>2026-11-25T10:00:00</DtTm>", b"")
    faults = read_camt("x", broken, "EUR").faults
    assert [(fault.row, fault.column) for fault in faults] == [(1, "Amt"), (2, "BookgDt")]
    faults = read_camt("x", camt(), "ARS").faults
    assert {fault.column for fault in faults} == {"Ccy"}


@pytest.mark.parametrize(
    "more",
    [
        '<!DOCTYPE Document [<!ENTITY a "aaaaaaaaaa"><!ENTITY b "&a;&a;&a;&a;&a;&a;&a;&a;">]>',
        '<!DOCTYPE Document SYSTEM "file:///etc/passwd">',
        '<!DOCTYPE Document [<!ENTITY x SYSTEM "file:///etc/passwd">]>',
        '<!DOCTYPE Document [<!ENTITY % x SYSTEM "http://127.0.0.1/x"> %x;]>',
        "<!DOCTYPE Document>",
    ],
)
def test_a_file_that_declares_a_document_type_or_entities_is_refused(more: str) -> None:
    with pytest.raises(Refused, match="declares entities or a document type"):
        read_camt("x", camt(more=more), "EUR")


@pytest.mark.parametrize(
    ("content", "told"),
    [
        (camt().replace(b"camt.053.001.02", b"camt.053.001.13"), "not camt.053 of versions 2 to 8"),
        (camt().replace(b"camt.053", b"pain.001"), "not camt.053"),
        (b"<html><body>Sign in</body></html>", "not camt.053"),
        (camt()[:-40], "not whole"),
        (camt().replace(b"UTF-8", b"no-such-thing"), "cannot be read"),
        (b"<a>" * 100 + b"</a>" * 100, "far too much"),
        (b"<?xml version='1.0'?><a>&nothing;</a>", "not whole"),
        (b"x" * (MOST_BYTES + 1), "larger than"),
    ],
)
def test_what_is_no_statement_is_refused_with_what_would_help(content: bytes, told: str) -> None:
    with pytest.raises(Refused, match=told) as why:
        read_camt("x", content, "EUR")
    assert all(str(fault.help) for fault in why.value.faults)


def test_a_file_with_too_many_elements_is_refused_before_it_is_built() -> None:
    with pytest.raises(Refused, match="far too much"):
        read_camt("x", b"<a>" + b"<b/>" * (MOST_ELEMENTS + 1) + b"</a>", "EUR")


def test_statements_of_several_accounts_in_one_file_are_told() -> None:
    text = camt().decode()
    stmt = text[text.index("<Stmt>") : text.index("</BkToCstmrStmt>")]
    both = text.replace(stmt, stmt + stmt.replace("0130 00", "0130 01"))
    with pytest.raises(Refused, match="several accounts"):
        read_camt("x", both.encode(), "EUR")
