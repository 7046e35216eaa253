"""How many processor cores this process may keep busy."""

import os
from pathlib import Path

CGROUP = Path("/sys/fs/cgroup")


def usable_cores(cgroup: Path = CGROUP) -> float:
    """Cores of this machine that the process may run on, or less where its control group (a container) has a quota.

    A quota can be a fraction, such as 1.5.
    """
    cores = float(len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1)
    quota = _quota(cgroup)
    return cores if quota is None else min(cores, quota)


def _quota(cgroup: Path) -> float | None:
    """Cores that the control group allows; None where it sets no limit, or cannot be read."""
    try:
        if (cgroup / "cpu.max").is_file():  # version 2
            allowed, period = (cgroup / "cpu.max").read_text().split()
        else:
            allowed = (cgroup / "cpu/cpu.cfs_quota_us").read_text()
            period = (cgroup / "cpu/cpu.cfs_period_us").read_text()
        quota = int(allowed) / int(period)
    except (OSError, ValueError, ZeroDivisionError):  # `max` is no number: no limit
        return None
    return quota if quota > 0 else None
