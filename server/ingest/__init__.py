"""How audio gets in: one file per sender's dialect, all without I/O, behind the interface in `dialect`."""
