"""Stores of tags: local repositories, servers and their mirrors; the push protocol; the writer that drives them."""
