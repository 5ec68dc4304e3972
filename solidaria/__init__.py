"""Solidaria: the working system of an economy run by assemblies."""

__version__ = "0.1.0"
