"""Runs one case against a server: run.py MODULE CASE [ARGUMENT...].

The case is a function of cases/MODULE.py; it takes the world and the arguments, and says by an
exception what it did not see. The server's addresses, the operator's key and the users' tokens
come from the environment (see world.py).
"""

import importlib
import sys

from world import World


def main() -> None:
    module, case, *arguments = sys.argv[1:]
    function = getattr(importlib.import_module(f"cases.{module}"), case)
    function(World.from_environment(), *arguments)


main()
