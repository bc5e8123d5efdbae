"""Pure functions on text: no selectors, no I/O, no state."""
