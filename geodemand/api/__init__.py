"""What the commands do, for Python: a project in, a `Release` or a page out. One file each."""
