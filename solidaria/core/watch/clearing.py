"""Clearing of payments between sites: each pays the smaller of what it owes and what it has, creditors in proportion.

Source: L. Eisenberg and T. H. Noe, "Systemic risk in financial systems", Management Science 47 (2001): there is a
greatest vector of payments; it is reached from above by paying all, then again what is left, until nothing changes.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray
from scipy import sparse

Array = NDArray[np.float64]

#: Payments are right to this part of what is owed.
TOLERANCE: Final = 1e-9
MOST_ROUNDS: Final = 10_000


@dataclass(frozen=True)
class Debts:
    """Who owes whom, as shares: compressed rows, one for each creditor.

    start    creditor -> where its debtors begin; one more than there are sites
    debtor   who owes
    share    the part of what the debtor pays that goes to this creditor
    """

    start: NDArray[np.int64]
    debtor: NDArray[np.int64]
    share: Array

    @property
    def sites(self) -> int:
        """How many sites there are."""
        return len(self.start) - 1

    def matrix(self) -> sparse.csr_array:
        """The shares as a matrix, creditors × debtors."""
        return sparse.csr_array((self.share, self.debtor, self.start), shape=(self.sites, self.sites))


def debts_of(creditor: NDArray[np.int64], debtor: NDArray[np.int64], share: Array, sites: int) -> Debts:
    """Debts from a list: the creditor, the debtor and the share of each.

    Raises ValueError when a share is negative, a site owes itself, or the shares of a debtor add up to more than one.
    """
    if np.any(share < 0) or np.any(creditor == debtor):
        raise ValueError("a share is negative, or a site owes itself")
    if np.any(np.bincount(debtor, share, minlength=sites) > 1 + 1e-9):
        raise ValueError("the shares of a debtor add up to more than one")
    table = sparse.csr_array((share, (creditor, debtor)), shape=(sites, sites))
    table.sum_duplicates()
    return Debts(
        table.indptr.astype(np.int64), table.indices.astype(np.int64), np.asarray(table.data, dtype=np.float64)
    )


def clear(debts: Debts, owed: Array, funds: Array) -> Array:
    """What each site pays, in each run: the greatest clearing vector, to TOLERANCE of what is owed.

    owed, funds   sites × runs: what each owes in all, and what it has without being paid; none negative
    """
    matrix = debts.matrix()
    paid = owed.copy()
    for _ in range(MOST_ROUNDS):
        after = np.minimum(owed, funds + matrix @ paid)
        change = np.max(paid - after, initial=0.0)
        paid = after
        if change <= TOLERANCE * max(float(np.max(owed, initial=0.0)), 1e-300):
            break
    return paid
