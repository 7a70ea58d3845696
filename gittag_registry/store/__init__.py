"""Where tags live and how they get there: repositories on this machine, servers and their mirrors, and the push protocol."""
