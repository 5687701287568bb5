"""The servers that are compared: ours and the others, each real processes on loopback on the server's core.

Each is a context; on entering it runs and answers, on leaving every process of it is gone. `groups` names its
processes for the Meter.
"""
