"""The process that owns the ports, the control API and the executors' lives; no user code ever runs in it."""
