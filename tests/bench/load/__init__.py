"""The load generator: clients of each server's protocol, in this process, on the core that serves nobody.

What they count they have checked: states are new ones of the room they sit in, inputs are acknowledged. So that the
generator is no bottleneck, each message is decoded as far as that takes and no further; how much of its core it needed
stands in each sample.
"""
