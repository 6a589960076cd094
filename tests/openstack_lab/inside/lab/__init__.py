"""What runs inside the lab's environment: one real OpenStack project in one process, on one loopback port.

``python -m lab NAME FOLDER`` serves the project's own WSGI application, and runs its own workers in threads beside it
over oslo.messaging's in-memory transport, with SQLite files: no broker, no database server, no root.

Each project is a module that offers

- ``prepare(context)``: make its databases, in a process that ends (the command-line tools of these projects change
  settings that are global);
- ``application(context)``: its WSGI application;
- ``start_workers(context)``, where it has workers.

Where upstream is patched, a docstring says why. `drivers` stand in for hardware.
"""
