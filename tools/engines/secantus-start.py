"""Starts SecantusDB with a shorter memory of retryable writes.

The server keeps the answer of each write for drivers that send it again, and looks through all of
them, twice, at every further write; above 10,000 it sorts them as well. On the machine where this
was measured a write then took 16 to 20 ms in place of 1. A driver sends a write again at once, so a
few hundred answers are enough. Without the constant, as in another version, nothing is changed.
"""

import sys

from secantus import transactions
from secantus.cli import main

KEPT_ANSWERS = 500

if hasattr(transactions, "_RETRYABLE_RECORD_MAX"):
    transactions._RETRYABLE_RECORD_MAX = KEPT_ANSWERS

sys.exit(main())
