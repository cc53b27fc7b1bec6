"""A share of a processor, as Lambda gives it to a small function: a control group of its own with a CPU quota."""

import atexit
import contextlib
import os
import pathlib

PERIOD = 20_000  # microseconds, as on Lambda
FOURTEENTH = 1 / 14  # of a processor: what a function of 128 MB has, as 1,769 MB are one
MOUNT = pathlib.Path("/sys/fs/cgroup")
NAME = f"kafka-to-s3-bench-{os.getpid()}"


class Share:
    """Whatever is started `within` it has that fraction of a processor."""

    def __init__(self, folder, outside):
        self.folder, self.outside = folder, outside

    @contextlib.contextmanager
    def within(self):
        """This process is in the group while it starts another: a child that is moved later has run by then."""
        move(self.folder)
        try:
            yield
        finally:
            move(self.outside)

    def add(self, pid):
        move(self.folder, pid)

    def remove(self):
        self.folder.rmdir()


def share(fraction):
    """A Share; None where this system or its rights do not allow one."""
    for parent, quota in [(version_2(), ("cpu.max", f"{int(PERIOD * fraction)} {PERIOD}")),
                          (version_1(), ("cpu.cfs_quota_us", str(int(PERIOD * fraction))))]:
        with contextlib.suppress(OSError):
            if made := group(parent, *quota):
                return made
    return None


def group(parent, file, quota):
    if parent is None or not parent.is_dir():
        return None
    folder = parent / NAME
    folder.mkdir()
    try:
        if (folder / "cpu.cfs_period_us").exists():
            (folder / "cpu.cfs_period_us").write_text(str(PERIOD))
        (folder / file).write_text(quota)
        move(folder)  # whether that is allowed
        move(parent)
    except OSError:
        with contextlib.suppress(OSError):
            move(parent)
        folder.rmdir()
        raise
    made = Share(folder, parent)
    atexit.register(lambda pid=os.getpid(): os.getpid() == pid and made.remove())
    return made


def move(folder, pid=0):
    (folder / "cgroup.procs").write_text(str(pid or os.getpid()))


def version_2():
    """This process's group, where its children may have a quota. Nothing of the system's own groups is changed."""
    path = own_path("0::")
    folder = None if path is None else MOUNT / path.lstrip("/")
    if folder is None or not (folder / "cgroup.subtree_control").exists():
        return None
    return folder if "cpu" in (folder / "cgroup.subtree_control").read_text().split() else None


def version_1():
    """Docker and older systems."""
    for line in pathlib.Path("/proc/self/cgroup").read_text().splitlines():
        _, controllers, path = line.split(":", 2)
        if "cpu" in controllers.split(","):
            return MOUNT / controllers / path.lstrip("/")
    return None


def own_path(start):
    lines = pathlib.Path("/proc/self/cgroup").read_text().splitlines()
    return next((line[len(start):] for line in lines if line.startswith(start)), None)
