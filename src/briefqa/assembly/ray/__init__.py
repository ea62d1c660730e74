"""An index built on all machines of a Ray cluster: files are read and texts embedded there."""
