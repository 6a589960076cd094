PROVIDERS: dict[str, str] = {"local.storage": "codomyrmex-cloud"}
EXPORTS: dict[str, str] = {}
