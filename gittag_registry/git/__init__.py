"""The only package that runs git or imports GitPython.

Functions here answer one question about a repository each, from plumbing commands. They know nothing of artifacts.
"""
