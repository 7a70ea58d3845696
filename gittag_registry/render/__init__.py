"""Answers as text: the JSON documents that programs read, the tables that people read. Nothing here reads a repository."""
