"""Extensions: what a run says of itself, one a module."""
