"""Measures answers and passages against question sets, and compares what was measured."""
