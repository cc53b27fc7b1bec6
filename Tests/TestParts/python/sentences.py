"""Tests whose names are sentences, in one module."""


def run_all(module):
    """Calls each `test_…` of a module's globals, in order, and says its name; the first that fails ends it."""
    for name, test in list(module.items()):
        if name.startswith("test_"):
            print(f"  {name[5:].replace('_', ' ')}", flush=True)
            test()
