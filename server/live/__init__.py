"""Conversations going on now: sessions driven by audio, sockets, the suggester and the store."""
