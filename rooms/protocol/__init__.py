"""The wire, version 1: what clients and servers say to each other. docs/protocol.md tells it to a stranger.

1. Every message is a struct with its kind in the field `t`; the JSON and the msgpack subprotocol carry the same.
2. What comes from outside is decoded and validated once, here; every later function takes a typed message.
3. Nothing here does input or output.
"""
