"""Names of the numbers that a simulated site has: what stays (parameters), what changes (state), what is drawn.

Money is in normal months of pay: all that members together are paid in a month at the start. Goods are in normal
months of output: all that is ordered in a month at the start. So nothing has a unit, and doubling every price
changes nothing. Rows are counted from 0 and have no holes.
"""

from __future__ import annotations

from typing import Final

# --- parameters: one number per site that does not change while the months go by -------------------

#: Orders and prices of the five channels. Prices are money for one normal month of output.
ORDERS_MARKET: Final = 0
ORDERS_STATE: Final = 1
ORDERS_STANDING: Final = 2
ORDERS_AD_HOC: Final = 3
ORDERS_SITES: Final = 4
PRICE_MARKET: Final = 5
PRICE_STATE: Final = 6
PRICE_STANDING: Final = 7
PRICE_AD_HOC: Final = 8
PRICE_SITES: Final = 9
#: The market price that movement sales are held against, and the share added on top of movement prices.
REFERENCE: Final = 10
PREMIUM: Final = 11
#: How many months each kind of customer takes to pay, on average.
LATE_MARKET: Final = 12
LATE_STATE: Final = 13
LATE_MOVEMENT: Final = 14
BAD_DEBT: Final = 15
SUBSIDY: Final = 16
#: What the machines, and one normal workforce, can make in a month.
CAPACITY: Final = 17
WORK: Final = 18
BREAKDOWN: Final = 19
BREAKDOWN_LOSS: Final = 20
REPAIR: Final = 21
MATERIALS: Final = 22
ENERGY: Final = 23
FIXED: Final = 24
LATE_SUPPLIERS: Final = 25
CASH: Final = 26
CREDIT_LIMIT: Final = 27
CREDIT_USED: Final = 28
DEBT: Final = 29
INTEREST: Final = 30
INSTALMENT: Final = 31
FUND_SHARE: Final = 32
FUND_BALANCE: Final = 33
FUND_INCOME: Final = 34
ARREARS: Final = 35
DEFER: Final = 36
CUSHION: Final = 37
PAID_OUT: Final = 38
DEBT_FIRST: Final = 39
PAY: Final = 40
HIRED: Final = 41
HIRED_PAY: Final = 42
ADMIT_HIRED: Final = 43
ADMIT_MEMBERS: Final = 44
EXIT: Final = 45
EXIT_ARREARS: Final = 46
ATTENDANCE: Final = 47
QUORUM: Final = 48
ATTENDANCE_ARREARS: Final = 49
ATTENDANCE_HOURS: Final = 50
ATTENDANCE_HIRED: Final = 51
ATTENDANCE_EDUCATION: Final = 52
ATTENDANCE_SPEED: Final = 53
ATTENDANCE_NOISE: Final = 54
ROTATED: Final = 55
ROTATE_EVERY: Final = 56
PAY_RATIO_OVER: Final = 57
#: Chance of an attempt to evict in a month; chance that it succeeds when 1, 2, 3, 4 or more come at once.
EVICTION: Final = 58
SUCCESS_1: Final = 59
SUCCESS_2: Final = 60
SUCCESS_3: Final = 61
SUCCESS_4: Final = 62
RETURN: Final = 63
LEGAL_WIN: Final = 64
CONDITION: Final = 65
CONDITION_HAZARD: Final = 66
ALLIANCE: Final = 67
EMBEDDED_EFFECT: Final = 68
PRICE_DRIFT: Final = 69
PRICE_NOISE: Final = 70
PRICE_JUMP: Final = 71
PRICE_JUMP_SIZE: Final = 72
PRICE_RETURN: Final = 73
FOLLOW: Final = 74
ELASTICITY: Final = 75
MATERIALS_DRIFT: Final = 76
MATERIALS_NOISE: Final = 77
ENERGY_JUMP: Final = 78
ENERGY_JUMP_SIZE: Final = 79
ENERGY_RETURN: Final = 80
STATE_OFF: Final = 81
STATE_ON: Final = 82
CREDIT_OFF: Final = 83
CREDIT_ON: Final = 84
#: The questions asked: what comes for certain in the month SHOCK_MONTH (the first is 0), and stays.
SHOCK_MONTH: Final = 85
FALL: Final = 86
STATE_STOPS: Final = 87
CREDIT_STOPS: Final = 88
EVICTION_COMES: Final = 89
ORDERS_LOST: Final = 90
ENERGY_RISE: Final = 91
#: How much of the noise is the same for every site: COMMON² + OWN² = 1. COMMON_JUMPS 1: jumps hit all at once.
COMMON: Final = 92
OWN: Final = 93
COMMON_JUMPS: Final = 94
#: Thresholds of the outcomes.
T_OUTPUT: Final = 95
T_WAGES: Final = 96
T_BAD_MONTHS: Final = 97
T_REACH: Final = 98
T_AWAY: Final = 99
T_HIRED: Final = 100
T_HIRED_MONTHS: Final = 101
T_QUORUM: Final = 102
T_ROTATION: Final = 103
T_STATE: Final = 104
T_STATE_MONTHS: Final = 105
T_MOVEMENT: Final = 106
#: Standing orders added by an agreement arrive after so many months of notice.
ORDERS_ADDED: Final = 107
ORDERS_ADDED_FROM: Final = 108
#: Share of the purchases of materials that is bought from other sites (a network only).
FROM_SITES: Final = 109
#: What is owed to the site, and by it, at the start, by the month in which it is due (0 to 11).
DUE_IN: Final = 110
DUE_OUT: Final = 122
#: Members on the first day, against those of the books before a change.
MEMBERS: Final = 134
PARAMETERS: Final = 135

#: Opening items have a month of their own so far ahead; what is due later counts in the last of these months.
DUE_MONTHS: Final = 12

# --- state: what changes from month to month ------------------------------------------------------

S_CASH: Final = 0
S_OWED_MARKET: Final = 1
S_OWED_STATE: Final = 2
S_OWED_MOVEMENT: Final = 3
S_OWED_SITES: Final = 4
S_PAYABLE: Final = 5
S_PAYABLE_SITES: Final = 6
S_DEBT: Final = 7
S_CREDIT: Final = 8
S_FUND: Final = 9
S_ARREARS: Final = 10
S_MEMBERS: Final = 11
S_HIRED: Final = 12
S_ATTENDANCE: Final = 13
S_PRICE: Final = 14
S_MATERIALS: Final = 15
S_ENERGY: Final = 16
S_STATE: Final = 17
S_BANK: Final = 18
S_AWAY: Final = 19
S_SECURE: Final = 20
S_CONDITION: Final = 21
S_MISSED: Final = 22
S_ROTATED: Final = 23
S_FROM_STATE: Final = 24
S_RECEIPTS: Final = 25
S_MOVEMENT_SALES: Final = 26
S_SALES: Final = 27
S_CAPTURE_RUN: Final = 28
S_BAD: Final = 29
S_HIRED_MONTHS: Final = 30
S_COLLAPSED: Final = 31
S_OUTCOME: Final = 32
#: Sums since the start: what solidarity paid (above the market, and from the fund), decisions to defer pay.
S_ABOVE_MARKET: Final = 33
S_FROM_FUND: Final = 34
S_DEFERRALS: Final = 35
S_ATTEMPTS: Final = 36
#: Rings: which of the last 6 months were bad, in which of the last 12 hired people were above the limit.
S_BAD_RING: Final = 37
S_HIRED_RING: Final = 43
#: What one part of the month hands to the next.
M_ORDERS: Final = 55
M_OUTPUT: Final = 56
M_HANDS: Final = 57
M_CREDIT_LEFT: Final = 58
M_KEEP: Final = 59
M_COLLECTED: Final = 60
M_FROM_STATE: Final = 61
M_DUE: Final = 62
M_SHORT: Final = 63
M_FUND_ASKED: Final = 64
M_ATTEMPT: Final = 65
M_SALES_SITES: Final = 66
M_BOUGHT_SITES: Final = 67
M_PAID_SITES: Final = 68
M_GOT_SITES: Final = 69
M_PAY_SHARE: Final = 70
M_FUNDS: Final = 71
M_BANK: Final = 72
M_AT_ONCE: Final = 73
#: Orders of other sites this month, as a share of those in the books (1 for a site alone).
M_ORDERS_SITES: Final = 74
#: What stands in the rings for this month, and the opening items of this month.
M_BAD: Final = 75
M_OVER: Final = 76
M_DUE_IN: Final = 77
M_DUE_OUT: Final = 78
STATE: Final = 79

# --- draws: which number of the key is which shock -------------------------------------------------

D_PRICE: Final = 0
D_PRICE_JUMP: Final = 1
D_MATERIALS: Final = 2
D_ENERGY: Final = 3
D_STATE: Final = 4
D_BANK: Final = 5
D_BREAKDOWN: Final = 6
D_ATTEMPT: Final = 7
D_SUCCESS: Final = 8
D_LEGAL: Final = 9
D_CONDITION: Final = 10
D_QUORUM: Final = 11
DRAWS: Final = 12

# --- outcomes, the worse first ---------------------------------------------------------------------

COLLAPSED: Final = 0
DEGENERATED: Final = 1
CAPTURED: Final = 2
EXPOSED: Final = 3
EMBEDDED: Final = 4
OUTCOMES: Final = ("collapsed", "degenerated", "captured", "exposed", "embedded")
