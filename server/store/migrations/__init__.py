"""Schema migrations, run by `server.store.migrate`."""
