"""What tags mean, and what may be written: events, the state they fold into, questions, commands and plans. Pure.

Nothing here runs git, reads a file, or asks the clock or the environment; all of that arrives as arguments.
"""
