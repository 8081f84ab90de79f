"""The only place that picks adapters: one module per function, so that none imports what another needs.

Everything is made on first use and kept for the life of the container.
"""
