"""Before and after a room: who somebody is, which rooms there are, what was played.

Rules:
1. Pages, API and sockets decide nothing: they ask `services`, the only writers, and show the answer.
2. A room is changed by appending to its log and in no other way; the lobby reads cards, never a room.
3. Whatever a stranger may send is read here into a type, or refused with a code and a sentence.
"""
