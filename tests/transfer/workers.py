"""What the tests do in processes of their own: ``python workers.py <function> <arguments>``."""
