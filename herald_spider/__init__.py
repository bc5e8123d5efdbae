"""Herald Spider: The Korea Herald as a clean, complete, growing corpus."""

__version__ = "0.1.0"
