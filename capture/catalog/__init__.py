"""The catalogue: an index of the folders in SQLite or PostgreSQL, made again whenever it is lost."""
