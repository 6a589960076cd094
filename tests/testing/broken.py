"""Storages that each break one rule. test_broken.py says which test of the suite catches each.

They do what `MemoryStorage` does, but for what is written here.
"""

import io
import logging
import os
import time
import unicodedata
from itertools import islice
from posixpath import normpath
from urllib.parse import unquote

from codomyrmex.cloud.common import Capability, operation
from codomyrmex.cloud.errors import (
    BucketNotFound,
    CloudError,
    ObjectNotFound,
    PermissionDenied,
    ServiceUnavailable,
)
from codomyrmex.cloud.local.signing import Signer
from memory import MemoryStorage, pieces
from remote import RemoteStorage

# Buckets


class FailsToEnsureWhatExists(MemoryStorage):
    def ensure_bucket(self, name):
        return self.create_bucket(name)


class MakesBucketsAnew(MemoryStorage):
    def create_bucket(self, name):
        self._service().buckets[name] = {}
        return True


class DeletesFullBuckets(MemoryStorage):
    def delete_bucket(self, bucket):
        self._service().buckets.pop(bucket, None)
        return True


class DeletesNoBuckets(MemoryStorage):
    def delete_bucket(self, bucket):
        return not super()._objects(bucket)


class ListsBucketsBackwards(MemoryStorage):
    def list_buckets(self):
        return super().list_buckets()[::-1]


# Objects


class LosesContentType(MemoryStorage):
    def _commit(self, bucket, key, stored):
        super()._commit(bucket, key, stored._replace(content_type="application/octet-stream"))


class GuessesNoContentType(MemoryStorage):
    def upload_file(self, bucket, key, data, content_type=None):
        return super().upload_file(bucket, key, data, content_type or "binary/octet-stream")


class LosesMetadata(MemoryStorage):
    def _commit(self, bucket, key, stored):
        super()._commit(bucket, key, stored._replace(metadata={}))


class KeepsMetadataInAscii(MemoryStorage):
    def _commit(self, bucket, key, stored):
        sent = {name: value.encode("ascii", "replace").decode() for name, value in stored.metadata.items()}
        super()._commit(bucket, key, stored._replace(metadata=sent))


class KeepsOldMetadata(MemoryStorage):
    def _commit(self, bucket, key, stored):
        old = self._objects(bucket).get(key)
        super()._commit(bucket, key, stored._replace(metadata={**(old.metadata if old else {}), **stored.metadata}))


class DropsMetadataInSilence(MemoryStorage):
    capabilities = MemoryStorage.capabilities - {Capability.METADATA}


class TakesEmptyForMissing(MemoryStorage):
    def _find(self, bucket, key):
        stored = super()._find(bucket, key)
        if not stored.size:
            raise ObjectNotFound(f"no object {key!r}")
        return stored


class TellsAWrongSize(MemoryStorage):
    def stat(self, bucket, key):
        info = super().stat(bucket, key)
        return info._replace(size=info.size + 1)


class TellsTheTimeWithoutZone(MemoryStorage):
    def stat(self, bucket, key):
        info = super().stat(bucket, key)
        return info._replace(last_modified=info.last_modified.replace(tzinfo=None))


class TellsOneEtagForAll(MemoryStorage):
    def stat(self, bucket, key):
        return super().stat(bucket, key)._replace(etag="etag")


class TellsAWrongChecksum(MemoryStorage):
    def stat(self, bucket, key):
        return super().stat(bucket, key)._replace(checksums={"md5": "d41d8cd98f00b204e9800998ecf8427f"})


class AppendsToWhatIsThere(MemoryStorage):
    def upload_file(self, bucket, key, data, content_type=None):
        old = self.download_file(bucket, key) if self.exists(bucket, key) else b""
        return super().upload_file(bucket, key, old + data, content_type)


# Keys


class ComposesKeys(MemoryStorage):
    def _find(self, bucket, key):
        return super()._find(bucket, unicodedata.normalize("NFC", key))

    def _commit(self, bucket, key, stored):
        super()._commit(bucket, unicodedata.normalize("NFC", key), stored)


class ResolvesDots(MemoryStorage):
    def _find(self, bucket, key):
        return super()._find(bucket, normpath(key))

    def _commit(self, bucket, key, stored):
        super()._commit(bucket, normpath(key), stored)


class DecodesKeys(MemoryStorage):
    def _find(self, bucket, key):
        return super()._find(bucket, unquote(key))

    def _commit(self, bucket, key, stored):
        super()._commit(bucket, unquote(key), stored)


class StripsSlashes(MemoryStorage):
    def _find(self, bucket, key):
        return super()._find(bucket, key.strip("/"))

    def _commit(self, bucket, key, stored):
        super()._commit(bucket, key.strip("/"), stored)


class IgnoresCase(MemoryStorage):
    def _find(self, bucket, key):
        return super()._find(bucket, key.lower())

    def _commit(self, bucket, key, stored):
        super()._commit(bucket, key.lower(), stored)


class RefusesLongKeys(MemoryStorage):
    def _commit(self, bucket, key, stored):
        if len(key.encode()) > 255:
            raise OSError("File name too long")
        super()._commit(bucket, key, stored)


# Listing


class ListsAtMostAThousand(MemoryStorage):
    def iter_objects(self, bucket, prefix="", *, start_after=""):
        return islice(super().iter_objects(bucket, prefix, start_after=start_after), 1000)


class ListsTheFirstPageTwice(MemoryStorage):
    def iter_objects(self, bucket, prefix="", *, start_after=""):
        for number, info in enumerate(super().iter_objects(bucket, prefix, start_after=start_after)):
            yield info
            if number == 999:  # as the next page began with the last key of this one
                yield info


class ListsAllAtOnce(MemoryStorage):
    def iter_objects(self, bucket, prefix="", *, start_after=""):
        return iter(list(super().iter_objects(bucket, prefix, start_after=start_after)))


class ListsInUtf16Order(MemoryStorage):
    def iter_objects(self, bucket, prefix="", *, start_after=""):
        found = super().iter_objects(bucket, prefix, start_after=start_after)
        yield from sorted(found, key=lambda info: info.key.encode("utf-16-be"))


class ListsWhatItStartsAfter(MemoryStorage):
    def iter_objects(self, bucket, prefix="", *, start_after=""):
        if start_after in self._objects(bucket) and start_after.startswith(prefix):
            yield self.stat(bucket, start_after)
        yield from super().iter_objects(bucket, prefix, start_after=start_after)


class TakesPrefixesForFolders(MemoryStorage):
    def _page(self, bucket, prefix, start_after):
        folder = f"{prefix.rstrip('/')}/" if prefix else ""
        return super()._page(bucket, folder, start_after)


class ListsMissingBucketsAsEmpty(MemoryStorage):
    def iter_objects(self, bucket, prefix="", *, start_after=""):
        if self.bucket_exists(bucket):
            yield from super().iter_objects(bucket, prefix, start_after=start_after)


class ListsNothingInSilence(MemoryStorage):
    capabilities = MemoryStorage.capabilities - {Capability.LISTING}

    def iter_objects(self, bucket, prefix="", *, start_after=""):
        return iter([])


# Ranges, streams, files


class ReadsOneByteMore(MemoryStorage):
    def read_range(self, bucket, key, start=0, length=None):
        return super().read_range(bucket, key, start, None if length is None else length + 1)


class FailsAtTheEnd(MemoryStorage):
    def read_range(self, bucket, key, start=0, length=None):
        if start >= self.stat(bucket, key).size:
            raise CloudError("416 Range Not Satisfiable")
        return super().read_range(bucket, key, start, length)


class FetchesAllForARange(MemoryStorage):
    def read_range(self, bucket, key, start=0, length=None):
        data = self.download_file(bucket, key)
        return data[start : None if length is None else start + length]


class StoresWhatBroke(MemoryStorage):
    def upload_stream(self, bucket, key, stream, **options):
        data = b""
        try:
            for piece in pieces(stream):
                data += piece
        finally:
            super().upload_stream(bucket, key, io.BytesIO(data), **options)


class RemovesWhatIsToBeReplaced(MemoryStorage):
    def upload_stream(self, bucket, key, stream, **options):
        self.delete_file(bucket, key)
        return super().upload_stream(bucket, key, stream, **options)


class TakesABrokenStreamForItsEnd(MemoryStorage):
    def upload_stream(self, bucket, key, stream, **options):
        class Quiet:
            def read(self, size=-1):
                try:
                    return stream.read(size)
                except Exception:
                    return b""

        return super().upload_stream(bucket, key, Quiet(), **options)


class HoldsUploadsInMemory(MemoryStorage):
    def upload_stream(self, bucket, key, stream, **options):
        return super().upload_stream(bucket, key, io.BytesIO(stream.read()), **options)


class HoldsDownloadsInMemory(MemoryStorage):
    def open_read(self, bucket, key, *, start=0, length=None):
        return io.BytesIO(self.read_range(bucket, key, start, length))


class RewindsStreams(MemoryStorage):
    def upload_stream(self, bucket, key, stream, **options):
        if stream.seekable():
            stream.seek(0)
        return super().upload_stream(bucket, key, stream, **options)


class ClosesStreams(MemoryStorage):
    def upload_stream(self, bucket, key, stream, **options):
        with stream:
            return super().upload_stream(bucket, key, stream, **options)


class StopsAtAShortRead(MemoryStorage):
    def upload_stream(self, bucket, key, stream, **options):
        return super().upload_stream(bucket, key, io.BytesIO(stream.read(1024 * 1024)), **options)


class OpensTheTargetFirst(MemoryStorage):
    def download_path(self, bucket, key, path, *, progress=None):
        with open(path, "wb") as file:
            for piece in self._find(bucket, key).read(0, None):
                file.write(piece)
                if progress:
                    progress(len(piece))
        return self.stat(bucket, key)


class LeavesTemporaryFiles(MemoryStorage):
    def download_path(self, bucket, key, path, *, progress=None):
        with open(f"{os.fspath(path)}.part", "wb"):
            return super().download_path(bucket, key, path, progress=progress)


class TellsProgressTwice(MemoryStorage):
    def upload_stream(self, bucket, key, stream, *, progress=None, **options):
        twice = (lambda moved: progress(2 * moved)) if progress else None
        return super().upload_stream(bucket, key, stream, progress=twice, **options)


class TellsProgressInSum(MemoryStorage):
    def download_path(self, bucket, key, path, *, progress=None):
        moved = 0

        def add(count):
            nonlocal moved
            moved += count
            progress(moved)

        return super().download_path(bucket, key, path, progress=add if progress else None)


class TellsProgressAtTheEnd(MemoryStorage):
    def download_path(self, bucket, key, path, *, progress=None):
        info = super().download_path(bucket, key, path)
        if progress:
            progress(info.size)
        return info


class TakesMissingFilesForMissingObjects(MemoryStorage):
    def upload_path(self, bucket, key, path, **options):
        if not os.path.exists(path):
            raise ObjectNotFound(f"no file {path}")
        return super().upload_path(bucket, key, path, **options)


# Conditions


class IgnoresIfNoneMatch(MemoryStorage):
    def _check(self, bucket, key, if_match, if_none_match):
        super()._check(bucket, key, if_match, None)


class IgnoresIfMatch(MemoryStorage):
    def _check(self, bucket, key, if_match, if_none_match):
        super()._check(bucket, key, None, if_none_match)


class CreatesInTwoSteps(MemoryStorage):
    def upload_stream(self, bucket, key, stream, *, if_none_match=None, **options):
        self._check(bucket, key, None, if_none_match)
        time.sleep(0.01)
        return super().upload_stream(bucket, key, stream, **options)


class ReplacesInTwoSteps(MemoryStorage):
    def upload_stream(self, bucket, key, stream, *, if_match=None, **options):
        self._check(bucket, key, if_match, None)
        time.sleep(0.01)
        return super().upload_stream(bucket, key, stream, **options)


class CreatesInPlaceOfReplacing(MemoryStorage):
    def _check(self, bucket, key, if_match, if_none_match):
        super()._check(bucket, key, if_match if key in self._objects(bucket) else None, if_none_match)


# Copies, deletes


class CopiesDataAlone(MemoryStorage):
    def copy(self, source_bucket, source_key, bucket, key):
        data = self.download_file(source_bucket, source_key)
        return self.upload_stream(bucket, key, io.BytesIO(data))


class CopiesContentTypeButNoMetadata(MemoryStorage):
    def copy(self, source_bucket, source_key, bucket, key):
        info = super().copy(source_bucket, source_key, bucket, key)
        self._commit(bucket, key, self._find(bucket, key)._replace(metadata={}))
        return info


class CopiesWithinABucket(MemoryStorage):
    def copy(self, source_bucket, source_key, bucket, key):
        return super().copy(source_bucket, source_key, source_bucket, key)._replace(bucket=bucket)


class CopiesThroughThisMachine(MemoryStorage):
    def copy(self, source_bucket, source_key, bucket, key):
        content = io.BytesIO(self.download_file(source_bucket, source_key))
        known = self.stat(source_bucket, source_key)
        return self.upload_stream(bucket, key, content, content_type=known.content_type, metadata=known.metadata)


class FailsToDeleteWhatIsGone(MemoryStorage):
    def delete_file(self, bucket, key):
        self._find(bucket, key)
        return super().delete_file(bucket, key)


class DeletesWhatIsBelow(MemoryStorage):
    def delete_file(self, bucket, key):
        for other in [k for k in self._objects(bucket) if k.startswith(f"{key}/")]:
            super().delete_file(bucket, other)
        return super().delete_file(bucket, key)


class DeletesAtMostAThousand(MemoryStorage):
    def delete_many(self, bucket, keys):
        return super().delete_many(bucket, islice(keys, 1000))


class StopsAtWhatIsGone(MemoryStorage):
    def delete_many(self, bucket, keys):
        for key in keys:
            if not self.delete_file(bucket, key):
                break
        return {}


class SaysThatItDeletes(MemoryStorage):
    def delete_many(self, bucket, keys):
        if self.bucket_exists(bucket):
            return super().delete_many(bucket, keys)
        return {}


# Presigned requests


class SignsUrlsForAYear(MemoryStorage):
    def generate_presigned_url(self, bucket, key, expires_in=3600):
        return super().generate_presigned_url(bucket, key, 365 * 86400)


class SignsUploadsForAYear(MemoryStorage):
    def generate_presigned_upload(self, bucket, key, expires_in=3600, *, content_type=None):
        return super().generate_presigned_upload(bucket, key, 365 * 86400, content_type=content_type)


class ChecksNoSignature(MemoryStorage):
    def signer(self):
        class Believer(Signer):
            def _signature(self, grant):
                return "signature"

            def verify(self, query):
                return super().verify({**query, "signature": "signature"})

        return Believer(b"key")


class ChecksNoSignatureOfUploads(ChecksNoSignature):
    pass


class SignsForAnyKey(MemoryStorage):
    def signer(self):
        class Careless(Signer):
            def _signature(self, grant):
                return super()._signature(grant._replace(key=""))

        return Careless(b"key")


class HidesTheHeadersOfAnUpload(MemoryStorage):
    def generate_presigned_upload(self, bucket, key, expires_in=3600, *, content_type=None):
        request = super().generate_presigned_upload(bucket, key, expires_in, content_type=content_type)
        return request._replace(headers={})


class QuotesKeysOfUrlsTwice(MemoryStorage):
    def generate_presigned_url(self, bucket, key, expires_in=3600):
        return super().generate_presigned_url(bucket, key.replace("%", "%25"), expires_in)


class SignsThoughUnsupported(MemoryStorage):
    capabilities = MemoryStorage.capabilities - {Capability.PRESIGNED_GET}


# Errors


class TakesForbiddenForAbsent(MemoryStorage):
    def exists(self, bucket, key):
        try:
            return super().exists(bucket, key)
        except PermissionDenied:
            return False


class TakesForbiddenBucketsForAbsent(MemoryStorage):
    def bucket_exists(self, bucket):
        try:
            return super().bucket_exists(bucket)
        except PermissionDenied:
            return False


class TakesForbiddenListingsForEmpty(MemoryStorage):
    def iter_objects(self, bucket, prefix="", *, start_after=""):
        try:
            yield from super().iter_objects(bucket, prefix, start_after=start_after)
        except PermissionDenied:
            return


class TakesWrongPasswordsForForbidden(MemoryStorage):
    def _service(self):
        try:
            return super()._service()
        except CloudError as error:
            raise PermissionDenied(str(error)) from error


class TakesMissingBucketsForMissingObjects(MemoryStorage):
    def _objects(self, bucket):
        try:
            return super()._objects(bucket)
        except BucketNotFound as error:
            raise ObjectNotFound(str(error)) from error


class MakesBucketsOnUpload(MemoryStorage):
    def upload_file(self, bucket, key, data, content_type=None):
        self.ensure_bucket(bucket)
        return super().upload_file(bucket, key, data, content_type)


class RaisesKeyErrors(MemoryStorage):
    def _find(self, bucket, key):
        return self._objects(bucket)[key]


class GivesNoneForWhatIsMissing(MemoryStorage):
    def download_file(self, bucket, key):
        try:
            return super().download_file(bucket, key)
        except ObjectNotFound:
            return None


class HangsWhereNothingAnswers(MemoryStorage):
    def _service(self):
        try:
            return super()._service()
        except ConnectionRefusedError:
            time.sleep(1.2)
            raise


class HasNothingWhereNothingAnswers(MemoryStorage):
    def exists(self, bucket, key):
        try:
            return super().exists(bucket, key)
        except ConnectionError:
            return False


class AcceptsText(MemoryStorage):
    def upload_stream(self, bucket, key, stream, **options):
        content = stream.read()
        data = content.encode() if isinstance(content, str) else content
        return super().upload_stream(bucket, key, io.BytesIO(data), **options)


# Threads, processes


class WorksForOneThread(MemoryStorage):
    def download_file(self, bucket, key):
        self._current = key
        time.sleep(0.001)
        return super().download_file(bucket, self._current)


class WritesInPlace(MemoryStorage):
    def _commit(self, bucket, key, stored):
        super()._commit(bucket, key, stored._replace(size=stored.size // 2))
        time.sleep(0.001)
        super()._commit(bucket, key, stored)


class ForgetsItsServiceWhenPickled(MemoryStorage):
    recipe = ()

    def __init__(self, name="another", **options):
        super().__init__(name, **options)


class ClosesOnce(MemoryStorage):
    _open = True

    def close(self):
        if not self._open:
            raise ValueError("closed already")
        self._open = False


class ClosesForAll(MemoryStorage):
    def close(self):
        self._service().buckets.clear()


# Secrets


class ShowsItsPassword(MemoryStorage):
    def __repr__(self):
        return f"{type(self).__name__}({vars(self)!r})"


class TellsItsPassword(MemoryStorage):
    def _find(self, bucket, key):
        try:
            return super()._find(bucket, key)
        except ObjectNotFound as error:
            raise ObjectNotFound(str(error)) from ValueError(f"GET /{key} as {self._password}")


class LogsItsPassword(MemoryStorage):
    def _service(self):
        logging.getLogger("memory").debug("signing with %s", self._password)
        return super()._service()


class LogsItsUrls(MemoryStorage):
    def generate_presigned_url(self, bucket, key, expires_in=3600):
        url = super().generate_presigned_url(bucket, key, expires_in)
        logging.getLogger("memory").debug("signed %s", url)
        return url


class PicklesItsPassword(MemoryStorage):
    recipe = ("name", "endpoint_url", "password")

    @property
    def password(self):
        return self._password


# Hooks


class HidesFromHooks(MemoryStorage):
    def __init__(self, name, **options):
        super().__init__(name, **options)
        self.upload_stream = super().upload_stream.__wrapped__.__get__(self)


class CallsADeletionAReading(MemoryStorage):
    @operation(effect="read")
    def delete_file(self, bucket, key):
        return super().delete_file(bucket, key)


# On the way


class NeverAsksAgain(RemoteStorage):
    retries = False


class AsksWithoutEnd(RemoteStorage):
    retries = RemoteStorage.retries.new(total=100, backoff_factor=0)


class ComesTooEarly(RemoteStorage):
    retries = RemoteStorage.retries.new(respect_retry_after_header=False)


class TriesCertificatesAgain(RemoteStorage):
    retries = RemoteStorage.retries.new(other=3)


class TakesCertificatesForTheNetwork(RemoteStorage):
    def translate_error(self, error):
        return ServiceUnavailable(str(error))


class WaitsTooLong(RemoteStorage):
    timeout = 2


class RaisesErrorsOfItsSdk(RemoteStorage):
    def translate_error(self, error):
        return None


class BelievesWhatItReceives(RemoteStorage):
    def _verify(self, data, info):
        pass


class PromisesNoChecksum(RemoteStorage):
    def _put(self, bucket, key, data, query=None):
        return self._request("PUT", bucket, key, query, data)[1]


class DownloadsInPlace(RemoteStorage):
    def download_path(self, bucket, key, path, *, progress=None):
        with open(path, "wb") as file:
            file.write(self.download_file(bucket, key))
        return self.stat(bucket, key)


class ListsUntilSomethingBreaks(RemoteStorage):
    def iter_objects(self, bucket, prefix="", *, start_after=""):
        try:
            yield from super().iter_objects(bucket, prefix, start_after=start_after)
        except ServiceUnavailable:
            return


class LeavesUnfinishedUploads(RemoteStorage):
    def _abort(self, bucket, key, upload):
        pass


class DeletesOneByOne(RemoteStorage):
    def delete_many(self, bucket, keys):
        for key in keys:
            self.delete_file(bucket, key)
        return {}


class DownloadsToStat(RemoteStorage):
    def stat(self, bucket, key):
        return self._request("GET", bucket, key)[1]
