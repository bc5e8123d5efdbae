"""Pure functions on text: dates, bylines, datelines, endings, captions, labels, cleaning."""
