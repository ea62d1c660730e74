"""One module for each library that can be exchanged; each imports only the contracts."""
