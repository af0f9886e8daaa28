"""The Python watcher of Fibonacci. The law is protocol/watcher.md; clauses are named as W1.1 and so on."""

RUNTIME = "python"
