"""Every way an assembly decides: one file per rule, each a function of piles and terms."""
