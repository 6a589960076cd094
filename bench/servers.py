"""A server that is fast enough to measure clients by, beside those of codomyrmex.cloud.testing.backends."""

from __future__ import annotations

from urllib.request import urlopen

from codomyrmex.cloud.testing.backends._server import Program, Server


class Ministack(Server):
    """ministack's S3: it keeps all in memory, and checks checksums, but no signatures."""

    name = "ministack"
    requirements = ("ministack",)

    region = "us-east-1"
    endpoint_url: str

    def environment(self) -> dict[str, str]:
        return {
            "AWS_ENDPOINT_URL": self.endpoint_url,
            "AWS_ACCESS_KEY_ID": "test",
            "AWS_SECRET_ACCESS_KEY": "test",
            "AWS_DEFAULT_REGION": self.region,
        }

    def _programs(self, ports: list[int]) -> list[Program]:
        (port,) = ports
        self.endpoint_url = f"http://127.0.0.1:{port}"
        settings = {"BIND_HOST": "127.0.0.1", "GATEWAY_PORT": str(port), "SERVICES": "s3", "LOG_LEVEL": "WARNING"}
        return [Program("ministack", [self.venv().python, "-I", "-m", "ministack"], settings)]

    def _answers(self) -> bool:
        with urlopen(f"{self.endpoint_url}/_ministack/health", timeout=30) as answer:
            return b'"s3": "available"' in answer.read()
