"""Joins settings, plug-ins and stages; the one place that knows them all."""
