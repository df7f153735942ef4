"""One command a file: parse, read, call one function, write, say."""
