"""Watch: the stress test of a site's books, month by month. Specification of the month: docs/stress.md."""
