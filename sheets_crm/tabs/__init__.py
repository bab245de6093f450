"""Room: see docs/explain/architecture.md."""
