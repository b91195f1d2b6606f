"""Documents to passages to index; writes, never answers."""
