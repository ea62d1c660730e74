"""Many questions at once: read from a file of any form, asked in order, and kept in a file."""
