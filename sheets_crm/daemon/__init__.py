"""When runs happen, and who is told: one process that can be left alone, notices, installation as a service.

Knows how to call `sync`, nothing of what a run does inside.
"""
