"""Answers as text: JSON documents for programs, tables for people. This package reads no repository."""
