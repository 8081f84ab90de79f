"""The deployed stack on a local AWS, broken for real while it works, and books that have to balance at the end."""
