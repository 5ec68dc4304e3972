"""Do: the only code that writes; one verb per function, one transaction each."""
