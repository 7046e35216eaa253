"""What can go wrong in the store. Messages say what to do and hold no conversation text."""


class StoreError(Exception):
    """Base of all errors of the store."""


class StorageError(StoreError):
    """The database could not be reached or did not commit: nothing of the work was kept, it may be tried again."""


class SchemaError(StoreError):
    """The database's schema is not the one of this version of Tici."""


class ConflictError(StoreError):
    """The row contradicts one that is there already: a seq or an id was taken. Trying again does not help."""


class NotFoundError(StoreError):
    """There is no such row."""


class InvalidError(StoreError):
    """The input breaks a rule; the message says which."""
