"""Single keys of a config text are set and removed, every other byte stays.

edit       `edit_text`, and what stays and goes
changes    what may be asked, and `verify_edit`: whether an edit did that and nothing else
fragments  a new value, ready for its place: behind a key, below it in lines, or in brackets
splices    pieces of the text that are replaced, and where they go among lines
brackets   the same inside of brackets
shapes     the text without its looks, to check an edit before it is given back
"""
