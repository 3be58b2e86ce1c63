"""Workbook files: read in one pass, and saved by splicing the written cells into the bytes that were read."""
