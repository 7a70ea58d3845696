"""What tests, stress campaigns and benchmarks share: environments, repositories, servers, programs.

- `environment`: the variables that every program gets instead of the caller's.
- `fast_import`: repositories from a stream of any length; `builder`: the same for those that fit in a few lines.
- `servers`: git servers on 127.0.0.1, and servers that fail; `remotes`: fixtures of pytest for them.
- `programs`: running programs as a shell and a terminal do.
"""
