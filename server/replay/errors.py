"""What can go wrong when a call is played; each error has the exit code of `tici replay`."""


class ReplayError(Exception):
    """The call could not be played. `exit_code` is for the command line; the message is for people."""

    exit_code = 1


class BadAudioError(ReplayError):
    """The audio files cannot be played together, or at all."""

    exit_code = 2


class BadOptionError(ReplayError):
    """A name or another option that no server would take."""

    exit_code = 2


class RefusedError(ReplayError):
    """The server does not want this call; trying again as it is would not help. `code` is the server's word."""

    exit_code = 3

    def __init__(self, code: str, message: str) -> None:
        """Keep the server's word and its sentence."""
        super().__init__(f"the server refused the call: {code}: {message}" if message else f"refused: {code}")
        self.code = code


class UnauthorisedError(ReplayError):
    """The server wants another key."""

    exit_code = 4


class LostError(ReplayError):
    """The connection was lost and could not be had again in time."""

    exit_code = 5
