"""Work on several machines, through Ray's plain actors.

A machine is what Ray calls a node, and a worker one of its actors.
"""
