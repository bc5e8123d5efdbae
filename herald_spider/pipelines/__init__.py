"""The steps from a read article to an archived one, one a module."""
