"""The process that runs user code: loads it, serves connections that it is handed, and ends with its supervisor."""
