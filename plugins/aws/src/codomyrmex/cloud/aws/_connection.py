"""A boto3 client with what AWS and the stores that speak its API need."""

from __future__ import annotations

import base64
import functools
import hashlib
import os
from collections.abc import Mapping
from typing import Any
from urllib.parse import urlsplit

import boto3
import botocore.session
from botocore.config import Config
from botocore.loaders import Loader, create_loader
from codomyrmex.cloud.aws._errors import NO_CREDENTIALS, tls_error
from codomyrmex.cloud.common.resources import CloudCredentials
from codomyrmex.cloud.errors import AuthenticationError, ServiceUnavailable
from codomyrmex.cloud.rest.endpoints import split_endpoint
from codomyrmex.cloud.rest.redaction import ending
from codomyrmex.cloud.rest.retries import bounded, parse_retry_after

CONNECT_TIMEOUT = 10
READ_TIMEOUT = 60
"""Seconds, unless ``config`` says otherwise."""
ATTEMPTS = 5
"""How often a request is sent, unless ``config``, AWS_MAX_ATTEMPTS or the profile says otherwise."""
_DAMAGED = ("BadDigest", "XAmzContentChecksumMismatch", "XAmzContentSHA256Mismatch")
"""What S3 says of data that arrived as others."""
_ALWAYS_TOLD = {
    "CopyObject": "CopyObjectResult",
    "CreateMultipartUpload": "UploadId",
    "GetObject": "ETag",
    "HeadObject": "ETag",
    "ListBuckets": "Owner",
    "ListObjectsV2": "IsTruncated",
    "PutObject": "ETag",
    "UploadPart": "ETag",
    "UploadPartCopy": "CopyPartResult",
}
"""Operation to what S3 says in every answer to it, however short."""


def session(
    region_name: str | None,
    profile_name: str | None,
    credentials: CloudCredentials | None,
    *,
    aws_settings: bool = True,
) -> boto3.session.Session:
    """The session that finds credentials: those given, else boto3's default chain.

    :param aws_settings: whether variables AWS_... and files of ~/.aws are read. Without them credentials are given.
    """
    given = credentials or CloudCredentials("aws")
    if bool(given.access_key) != bool(given.secret_key):  # boto3 would look for others
        raise AuthenticationError("credentials need both access_key and secret_key, or neither", provider="aws")
    botocore_session = botocore.session.Session() if aws_settings else _without_settings()
    boto3_session = boto3.session.Session(
        aws_access_key_id=given.access_key,
        aws_secret_access_key=given.secret_key,
        aws_session_token=given.metadata.get("session_token"),
        region_name=region_name or given.region,
        profile_name=profile_name or given.profile,
        botocore_session=botocore_session,
    )
    # after boto3, which adds a folder of its own to the loader of each session, for what is not used here
    data_path = botocore_session.get_config_variable("data_path")
    botocore_session.register_component("data_loader", _loader(data_path))
    return boto3_session


@functools.cache
def _loader(data_path: str | None) -> Loader:
    """The loader of the descriptions of S3's API and endpoints, which all clients share.

    Reading them is most of what a client costs, and each session would: https://github.com/boto/botocore/issues/3078

    :param data_path: AWS_DATA_PATH, or that of the profile.
    """
    return create_loader(data_path)


def _without_settings() -> botocore.session.Session:
    """The SDK as it is where nobody set anything, but for AWS_CA_BUNDLE, which is about the network."""
    variables = {
        name: (None, None, default, convert)
        for name, (_, _, default, convert) in botocore.session.Session.SESSION_VARIABLES.items()
        if name != "ca_bundle"
    }
    no_file = (None, None, os.devnull, None)
    return botocore.session.Session({**variables, "config_file": no_file, "credentials_file": no_file})


def connect(found: boto3.session.Session, endpoint_url: str | None, options: Mapping[str, Any]) -> Any:
    """A client of S3.

    :param options: those of `botocore.config.Config`; they win over what is set here.

    Checksums are left to `_integrity`: since 1.36 boto3 sends by itself some that S3-compatible
    stores refuse. SigV4 always: presigned URLs would still get SigV2 in some regions. Path-style
    addresses are what botocore uses by itself with any endpoint that is not AWS's.
    """
    check_endpoint(endpoint_url)
    config = Config(
        connect_timeout=CONNECT_TIMEOUT,
        read_timeout=READ_TIMEOUT,
        max_pool_connections=64,
        tcp_keepalive=True,
        signature_version="s3v4",
        request_checksum_calculation="when_required",
        response_checksum_validation="when_required",
        user_agent_extra="codomyrmex-cloud",
    )
    asked_for = found._session.get_config_variable("max_attempts")
    if asked_for is None:
        config = config.merge(Config(retries={"total_max_attempts": ATTEMPTS}))
    client = found.client("s3", endpoint_url=endpoint_url, config=config.merge(Config(**options)))
    check_endpoint(client.meta.endpoint_url)  # which may come from the environment
    client.meta.events.register_first("needs-retry.s3", _retry_too)  # before botocore has decided
    client.meta.events.register("after-call.s3", _check_answer)
    if is_aws(client):
        client.meta.events.register("before-parameter-build.s3", _name_region)
        for operation in ("GetObject", "HeadObject"):
            client.meta.events.register(f"before-call.s3.{operation}", _ask_for_checksums)
    else:
        client.meta.events.register("before-call.s3.DeleteObjects", _add_md5)
        client.meta.events.register_first("needs-retry.s3", _stay)
    return client


def check_endpoint(url: str | None) -> None:
    """Raise ValueError for a URL that cannot be an endpoint, or holds a password (it would show in logs)."""
    if url is not None:
        split_endpoint(url, "endpoint_url", "https://s3.example.com")


def is_aws(client: Any) -> bool:
    """Whether the client talks to AWS itself."""
    host = urlsplit(client.meta.endpoint_url).hostname or ""
    return host.endswith((".amazonaws.com", ".amazonaws.com.cn", ".amazonaws.eu", ".api.aws"))


def credential_source() -> str:
    """Where the default chain finds credentials, without the secret."""
    found = botocore.session.Session().get_credentials()
    if found is None:
        return NO_CREDENTIALS
    access_key = found.get_frozen_credentials().access_key or ""
    return f"{found.method}, access key {ending(access_key)}"


def _retry_too(
    response: Any,
    operation: Any,
    attempts: int,
    request_dict: dict[str, Any],
    caught_exception: Exception | None = None,
    **_: Any,
) -> float | None:
    """What botocore's retries leave out: seconds to wait before the next attempt, None for no opinion.

    They know x-amz-retry-after alone, and do not send again what arrived damaged. What they repeat in vain, an
    exchange with a server whose certificate is not trusted, ends here.
    """
    if caught_exception is not None and tls_error(caught_exception):
        raise caught_exception
    allowed = request_dict["context"]["client_config"].retries or {}
    if response is None or attempts >= allowed.get("total_max_attempts", ATTEMPTS):
        return None
    answer, parsed = response
    if parsed.get("Error", {}).get("Code") in _DAMAGED:
        return 0
    seconds = parse_retry_after(answer.headers.get("retry-after"))
    if answer.status_code in (429, 503) and seconds is not None:
        return bounded(seconds)
    return None


def _stay(response: Any, request_dict: dict[str, Any], **_: Any) -> None:
    """A store that redirects has another address. botocore would ask it for the bucket's region, for ever."""
    if response is not None and 300 <= response[0].status_code < 400:
        request_dict["context"]["s3_redirect"]["redirected"] = True


def _check_answer(parsed: dict[str, Any], model: Any, **_: Any) -> None:
    """Raise if the answer is none of S3's, though it says 200: web sites do, and data sent there are lost."""
    needed = _ALWAYS_TOLD.get(model.name)
    if needed is not None and needed not in parsed and "Error" not in parsed:
        if "Body" in parsed:
            parsed["Body"].close()
        raise ServiceUnavailable("the answer is not one of S3; check endpoint_url", code="ResponseParserError")


def _name_region(context: dict[str, Any], **_: Any) -> None:
    """Have presigned URLs name the region: S3's global name redirects for a day to where a new bucket is."""
    context["use_global_endpoint"] = False


def _ask_for_checksums(params: dict[str, Any], **_: Any) -> None:
    """As ChecksumMode does, which would also make botocore compute them a second time."""
    if "Range" not in params["headers"]:
        params["headers"]["x-amz-checksum-mode"] = "ENABLED"


def _add_md5(params: dict[str, Any], **_: Any) -> None:
    """Many stores still ask for the Content-MD5 that S3 once required of DeleteObjects."""
    params["headers"]["Content-MD5"] = base64.b64encode(hashlib.md5(params["body"]).digest()).decode()
