"""The only package that runs git or imports GitPython.

Each function answers one question about a repository with plumbing commands. None of them knows about artifacts.
"""
