"""The sending side of a call: plays audio files into a server as a phone system would, and hears what comes back."""
