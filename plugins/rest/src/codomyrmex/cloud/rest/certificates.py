"""Why TLS fails: a certificate that is not trusted, or a file of authorities to trust that cannot be read."""

from __future__ import annotations

import os
import ssl

from codomyrmex.cloud.errors import (
    CertificateError,
    CloudError,
    LocalFileError,
    certificate_error,
)

CA_BUNDLE = "REQUESTS_CA_BUNDLE"
"""The environment variable by which requests, and most SDKs over it, find the authorities to trust."""
_OF_TLS = ("SSL", "TLS", "X509")
"""What stands in errors of TLS. Of a file that is missing requests tells by a bare OSError, with no other sign."""


def tls_error(
    error: BaseException, kind: type[CertificateError] = CertificateError, server: str = ""
) -> CloudError | None:
    """The error to raise where requests, or an SDK over it, failed by TLS for good.

    Args:
        error: What was raised. Where an SDK keeps what led to it as ``__context__`` alone, that.
        kind: The provider's own class.
        server: Whose certificate it is; default: as requests tells.

    Returns:
        A CertificateError for a certificate that is not trusted, a LocalFileError for a file of authorities that
        cannot be read, None where the error tells something else.
    """
    if untrusted := certificate_error(error, CA_BUNDLE, server, kind):
        return untrusted
    if not any(word in f"{type(error).__name__}: {error}" for word in _OF_TLS):
        return None
    used = next((name for name in (CA_BUNDLE, "CURL_CA_BUNDLE") if os.environ.get(name)), None)
    return authorities_error(os.environ[used], used) if used else None


def authorities_error(path: str, setting: str) -> LocalFileError | None:
    """The error to raise where authorities to trust cannot be read; None where they can.

    It is no FileNotFoundError where the file is missing: that would be taken for one of the object that is asked for.

    Args:
        path: A file in PEM, or a folder, of which no more is asked than to be there.
        setting: What names it, such as ``"REQUESTS_CA_BUNDLE"``.
    """
    if os.path.isdir(path):
        return None
    try:
        ssl.create_default_context(cafile=path)
    except OSError as error:  # which ssl's are too
        why = "it holds no certificate in PEM" if isinstance(error, ssl.SSLError) else error.strerror
        found = LocalFileError(f"{path}, which {setting} names: {why}")
        found.errno, found.filename = error.errno, path
        return found
    return None
