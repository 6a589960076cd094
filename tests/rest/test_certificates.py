"""Why TLS fails. What each client says of it is in tests/providers/test_certificates.py."""

import pytest
import requests
from codomyrmex.cloud.errors import CertificateError, LocalFileError
from codomyrmex.cloud.rest.certificates import authorities_error, tls_error
from support.tls import TlsServer


@pytest.fixture(autouse=True)
def _bare_environment(monkeypatch):
    for name in ("REQUESTS_CA_BUNDLE", "CURL_CA_BUNDLE"):
        monkeypatch.delenv(name, raising=False)


def failure(url):
    with pytest.raises(OSError) as caught:  # noqa: PT011 - of requests, or its bare one of a file
        requests.get(url, timeout=5)
    return caught.value


def test_a_certificate_is_said_to_be_of_the_server_that_is_given():
    class AcmeCertificateError(CertificateError):
        pass

    with TlsServer() as server:
        error = tls_error(failure(server.url), AcmeCertificateError, "acme.example")
    assert type(error) is AcmeCertificateError
    assert str(error).startswith("the certificate of acme.example is not trusted: ")


@pytest.mark.parametrize("setting", ["REQUESTS_CA_BUNDLE", "CURL_CA_BUNDLE"])
def test_a_file_that_is_missing_is_one_of_the_setting_that_names_it(setting, monkeypatch, tmp_path):
    monkeypatch.setenv(setting, str(tmp_path / "absent"))
    error = tls_error(failure("https://127.0.0.1:9/"))
    assert type(error) is LocalFileError
    assert str(error) == f"{tmp_path / 'absent'}, which {setting} names: No such file or directory"


def test_what_is_no_matter_of_tls_is_none_of_the_settings(monkeypatch, tmp_path):
    monkeypatch.setenv("REQUESTS_CA_BUNDLE", str(tmp_path / "absent"))
    assert tls_error(failure("http://127.0.0.1:9/")) is None
    assert tls_error(FileNotFoundError(2, "No such file or directory", "/data/x")) is None


def test_tls_that_fails_otherwise_is_no_matter_of_certificates():
    with TlsServer(cut=1) as server:
        assert tls_error(failure(server.url)) is None


def test_authorities_may_be_a_folder_or_a_file(tmp_path):
    assert authorities_error(str(tmp_path), "ACME_CA") is None
    assert authorities_error(requests.certs.where(), "ACME_CA") is None
