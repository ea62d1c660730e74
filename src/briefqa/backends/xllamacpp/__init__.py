"""A small language model on this machine: llama.cpp, in a process of its own."""

from briefqa.backends.xllamacpp.process import START_S, LocalServer
from briefqa.backends.xllamacpp.weights import DEFAULT_NAME, INSTALL, find_weights

__all__ = ["DEFAULT_NAME", "INSTALL", "START_S", "LocalServer", "find_weights"]
