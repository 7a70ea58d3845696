"""Answers as text: the documents other programs read, the tables people read. Nothing here asks or decides."""
