"""The wizard and the owner's pages in a browser: `Screen` values drawn as plain pages, served on this computer alone.

Knows no step and no page by name; what it shows comes from a conversation or from pages handed in (`ports`).
"""
