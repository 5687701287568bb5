"""WebSockets carried by picows under Daphne: the same port, process and event loop.

Daphne parses a request; where it is an upgrade on plain TCP, these modules have it from there:

    request     reads the handshake, or says with which status it is refused                        (pure)
    answers     what goes back as HTTP: 101, or a refusal                                           (pure)
    upgrade     one connection for Daphne and its ASGI application: refused, or accepted and open
    inbox       what the application has not taken yet, bounded
    handover    an accepted socket leaves Twisted for good, and a picows protocol answers 101
    opensocket  the open socket: frames to whole messages, writes, close, pause; the extension of rooms/wire.py
    keepalive   when a socket is pinged, and when it has been silent or full for too long           (pure)
    roads       picows or Daphne's own protocol: what was asked for, and what can be had

Everything that picows, aiofastnet, Daphne or Twisted do not promise is held by
tests/gameserver/transport/test_seams.py. Nothing here is imported where picows is missing, but `roads`.
"""
