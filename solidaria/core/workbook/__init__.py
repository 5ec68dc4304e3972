"""The workbook: sheets into a network, or every fault at once."""
