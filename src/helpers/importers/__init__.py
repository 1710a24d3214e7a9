"""One file per source, each to the incident schema."""
