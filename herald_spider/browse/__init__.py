"""The archive for reading: a database made of its lines, and Datasette that shows it.

`catalogue` and what it imports need nothing beyond the archive; `server`, `plugin` and
`facets` need the extra ``browse``.
"""
