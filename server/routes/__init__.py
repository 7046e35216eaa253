"""REST and WebSocket doors, thin: who is it, what do they want, which service does it."""
