"""Tests of agreements, books and proof."""
