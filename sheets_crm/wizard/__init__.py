"""The setup conversation: what it asks, and the screens it is held on (pages in a browser, a terminal, a file of answers).

The conversation knows no screen; the screens know no step. What passes between them stands in `shapes`. Knows nothing of the
daemon: whoever starts it hands in what only the daemon can do.
"""
