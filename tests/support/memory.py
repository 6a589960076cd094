"""How much memory a process took, for the tests that bound it."""


def peak_memory():
    """Of this process, in MiB. (ru_maxrss would count what the process that started it had.)"""
    with open("/proc/self/status") as file:
        return next(int(line.split()[1]) / 1024 for line in file if line.startswith("VmHWM"))
