"""Passwords: which ones are good enough, and how they are kept (argon2id)."""

import asyncio
import secrets

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError

from server.store.errors import InvalidError

HASHERS = 2
"""Password checks at once: each takes 64 MiB and most of a core for a while."""
SHORTEST = 10
LONGEST = 256
TEMPORARY_LETTERS = "abcdefghjkmnpqrstuvwxyz23456789"
"""Nothing that is mistaken for something else when read out."""
COMMONPLACE = frozenset(
    [
        "1234567890",
        "12345678910",
        "0123456789",
        "0987654321",
        "9876543210",
        "1234512345",
        "1122334455",
        "11223344556",
        "5201314520",
        "1314520520",
        "password12",
        "password123",
        "password1234",
        "passw0rd123",
        "p@ssw0rd123",
        "p@ssword123",
        "mypassword",
        "qwertyuiop",
        "qwerty12345",
        "qwerty123456",
        "1q2w3e4r5t",
        "1q2w3e4r5t6y",
        "1qaz2wsx3edc",
        "qazwsxedcrf",
        "asdfghjkl1",
        "asdfghjkl123",
        "zxcvbnm123",
        "abcdefghij",
        "abcd123456",
        "abc1234567",
        "a123456789",
        "aa12345678",
        "aa123456789",
        "a1234567890",
        "woaini1314",
        "woaini5201314",
        "woaini520",
        "iloveyou12",
        "iloveyou123",
        "letmein123",
        "welcome123",
        "welcome1234",
        "changeme123",
        "administrator",
        "admin12345",
        "admin123456",
        "administrator1",
        "root123456",
        "test123456",
        "user123456",
        "tici123456",
        "ticiticitici",
        "callcenter",
        "callcenter1",
        "callcentre",
        "superman123",
        "football123",
        "baseball123",
        "sunshine123",
        "princess123",
        "monkey1234",
        "dragon1234",
        "master1234",
        "trustno1234",
        "mima123456",
    ]
)
"""What guessers try first, in lower case."""


class WeakPasswordError(InvalidError):
    """The new password is easy to guess; the message says why."""


def check_password(login: str, password: str) -> None:
    """Raise `WeakPasswordError` unless the password is good enough for that login."""
    lowered = password.lower()
    if not SHORTEST <= len(password) <= LONGEST:
        raise WeakPasswordError(f"a password has {SHORTEST} to {LONGEST} characters")
    if login.lower() in (lowered, lowered[::-1]):
        raise WeakPasswordError("a password must not be the login")
    if lowered in COMMONPLACE or len(set(lowered)) < 4:
        raise WeakPasswordError("this password is among those that are guessed first; choose another one")


def temporary_password() -> str:
    """A password to tell somebody, good until they choose their own: 16 letters in fours, about 79 random bits."""
    letters = [secrets.choice(TEMPORARY_LETTERS) for _ in range(16)]
    return "-".join("".join(letters[i : i + 4]) for i in range(0, 16, 4))


class Passwords:
    """Hashes and checks passwords off the event loop, a few at a time."""

    def __init__(self) -> None:
        self._hasher = PasswordHasher()
        self._hashing = asyncio.Semaphore(HASHERS)

    async def hash(self, password: str) -> str:
        """What to keep of a password."""
        async with self._hashing:
            return await asyncio.to_thread(self._hasher.hash, password)

    async def matches(self, password_hash: str, password: str) -> bool:
        """Whether this is the password."""
        async with self._hashing:
            return await asyncio.to_thread(self._matches, password_hash, password)

    def outdated(self, password_hash: str) -> bool:
        """Whether the hash was made with weaker parameters than are used now."""
        return self._hasher.check_needs_rehash(password_hash)

    def _matches(self, password_hash: str, password: str) -> bool:
        try:
            return self._hasher.verify(password_hash, password)
        except (VerificationError, InvalidHashError):
            return False
