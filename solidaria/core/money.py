"""Exact money: minor units of a currency, rounding half up, and splitting a total without losing a cent."""

from __future__ import annotations

from collections.abc import Mapping
from decimal import ROUND_FLOOR, ROUND_HALF_UP, Context, Decimal

#: Enough digits for any sum of this system; beyond it an operation fails loudly rather than rounding quietly.
EXACT = Context(prec=60)

#: ISO 4217 currencies whose minor unit is not a hundredth.
#: Source: ISO 4217 maintenance agency, list one, column "Minor unit".
_DECIMALS = {
    **dict.fromkeys("BIF CLP DJF GNF ISK JPY KMF KRW PYG RWF UGX UYI VND VUV XAF XOF XPF".split(), 0),
    **dict.fromkeys("BHD IQD JOD KWD LYD OMR TND".split(), 3),
    **dict.fromkeys("CLF UYW".split(), 4),
}


def currency_decimals(currency: str) -> int:
    """How many decimals the currency has: 2 for most, 0 for the guaraní, 3 for the Tunisian dinar."""
    return _DECIMALS.get(currency, 2)


def half_up(amount: Decimal, decimals: int) -> Decimal:
    """The amount rounded to so many decimals, halves away from zero."""
    return amount.quantize(Decimal(1).scaleb(-decimals), rounding=ROUND_HALF_UP, context=EXACT)


def split(total: Decimal, parts: Mapping[str, Decimal], decimals: int) -> dict[str, Decimal]:
    """Round exact parts to so many decimals so that they add up to `total`.

    total   already rounded to `decimals`; the sum of the parts must lie within one minor unit per part of it
    parts   key -> exact amount, may be negative

    Every part is rounded down, and the left-over minor units go to the largest remainders, ties by key.
    The parts add up to the total exactly.
    """
    unit = Decimal(1).scaleb(-decimals)
    floors = {key: part.quantize(unit, rounding=ROUND_FLOOR, context=EXACT) for key, part in parts.items()}
    left = int(((total - sum(floors.values(), Decimal(0))) / unit).to_integral_value())
    order = sorted(parts, key=lambda key: (floors[key] - parts[key], key))
    if not 0 <= left <= len(order):
        raise ValueError(f"the parts do not add up to {total}: {left} minor units are left for {len(order)} parts")
    for key in order[:left]:
        floors[key] += unit
    return floors
