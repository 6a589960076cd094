"""The suite fails storages that break a rule, each at the test that says the rule."""

import json
import re
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

HERE = Path(__file__).parent

pytestmark = pytest.mark.timeout(900)  # the first waits for three runs of pytest

CAUGHT_BY = {
    # Buckets
    "FailsToEnsureWhatExists": "test_ensuring_a_bucket_makes_it_once",
    "MakesBucketsAnew": "test_making_a_bucket_that_exists_is_refused",
    "DeletesFullBuckets": "test_a_bucket_that_holds_objects_is_not_deleted",
    "DeletesNoBuckets": "test_a_deleted_bucket_is_gone",
    "ListsBucketsBackwards": "test_buckets_are_listed_sorted",
    # Objects
    "LosesContentType": "test_the_content_type_is_kept[text/x-note]",
    "GuessesNoContentType": "test_the_content_type_is_guessed_from_the_key[.html-text/html]",
    "LosesMetadata": "test_metadata_is_kept[plain]",
    "KeepsMetadataInAscii": "test_metadata_is_kept[beyond ASCII]",
    "KeepsOldMetadata": "test_an_upload_replaces_metadata_and_content_type_too",
    "DropsMetadataInSilence": "test_metadata_is_said_to_be_unsupported",
    "TakesEmptyForMissing": "test_an_empty_object_exists",
    "TellsAWrongSize": "test_what_was_uploaded_is_downloaded[one byte]",
    "TellsTheTimeWithoutZone": "test_the_time_of_an_object_is_now_and_has_a_zone",
    "TellsOneEtagForAll": "test_what_stat_tells_changes_with_the_data",
    "TellsAWrongChecksum": "test_checksums_are_those_of_the_data",
    "AppendsToWhatIsThere": "test_an_upload_replaces_what_was_there",
    # Keys
    "ComposesKeys": "test_keys_that_look_alike_are_different_objects[composed and decomposed]",
    "ResolvesDots": "test_keys_that_look_alike_are_different_objects[dots]",
    "DecodesKeys": "test_keys_that_look_alike_are_different_objects[escapes]",
    "StripsSlashes": "test_keys_that_look_alike_are_different_objects[slashes]",
    "IgnoresCase": "test_keys_that_look_alike_are_different_objects[case]",
    "RefusesLongKeys": "test_any_key_is_kept_as_it_is[1,024 bytes]",
    # Listing
    "ListsAtMostAThousand": "test_a_listing_is_complete_at_any_length",
    "ListsTheFirstPageTwice": "test_a_listing_is_complete_at_any_length",
    "ListsAllAtOnce": "test_a_listing_is_read_a_page_at_a_time",
    "ListsInUtf16Order": "test_a_listing_is_ordered_by_the_bytes_of_keys",
    "ListsWhatItStartsAfter": "test_a_listing_starts_behind_any_key_of_many[middle]",
    "TakesPrefixesForFolders": "test_a_prefix_is_any_beginning_of_keys[a letter]",
    "ListsMissingBucketsAsEmpty": "test_listing_a_bucket_that_is_not_there_is_an_error",
    "ListsNothingInSilence": "test_listing_is_said_to_be_unsupported",
    # Ranges, streams, files
    "ReadsOneByteMore": "test_a_range_is_read[inside]",
    "FailsAtTheEnd": "test_a_range_is_read[at the end]",
    "FetchesAllForARange": "test_a_range_of_a_large_object_is_fetched_alone",
    "StoresWhatBroke": "test_a_stream_that_breaks_stores_nothing",
    "RemovesWhatIsToBeReplaced": "test_a_stream_that_breaks_leaves_the_old_object",
    "TakesABrokenStreamForItsEnd": "test_a_stream_that_breaks_leaves_the_old_object",
    "HoldsUploadsInMemory": "test_a_large_object_is_uploaded_in_little_memory",
    "HoldsDownloadsInMemory": "test_a_large_object_is_read_in_little_memory",
    "RewindsStreams": "test_a_stream_is_read_from_where_it_stands",
    "ClosesStreams": "test_a_stream_stays_its_owners_to_close",
    "StopsAtAShortRead": "test_a_stream_need_not_seek_and_may_give_less_than_was_asked_for",
    "OpensTheTargetFirst": "test_a_download_that_fails_leaves_what_was_there[an old file]",
    "LeavesTemporaryFiles": "test_a_download_replaces_the_file",
    "TellsProgressTwice": "test_progress_adds_up_to_the_size[small]",
    "TellsProgressInSum": "test_progress_adds_up_to_the_size[half a MiB]",
    "TellsProgressAtTheEnd": "test_progress_of_a_large_download_comes_while_it_goes_on",
    "TakesMissingFilesForMissingObjects": "test_uploading_a_file_that_is_not_there_is_an_error_of_this_machine",
    # Conditions
    "IgnoresIfNoneMatch": "test_an_object_is_created_only_if_there_is_none",
    "IgnoresIfMatch": "test_an_object_is_replaced_only_if_it_is_still_the_same",
    "CreatesInTwoSteps": "test_of_writers_that_race_to_create_an_object_one_wins",
    "ReplacesInTwoSteps": "test_of_writers_that_race_to_replace_an_object_no_change_is_lost",
    "CreatesInPlaceOfReplacing": "test_what_is_not_there_is_not_replaced",
    # Copies, deletes
    "CopiesDataAlone": "test_a_copy_has_the_content_type",
    "CopiesContentTypeButNoMetadata": "test_a_copy_has_the_metadata",
    "CopiesWithinABucket": "test_a_copy_goes_to_another_bucket",
    "CopiesThroughThisMachine": "test_a_large_object_is_copied_without_passing_through_this_machine",
    "FailsToDeleteWhatIsGone": "test_deleting_what_is_not_there_is_no_error",
    "DeletesWhatIsBelow": "test_only_the_object_of_that_key_is_deleted",
    "DeletesAtMostAThousand": "test_many_may_be_more_than_a_request_holds",
    "StopsAtWhatIsGone": "test_many_may_name_objects_twice_or_that_are_not_there",
    "SaysThatItDeletes": "test_many_in_a_bucket_that_is_not_there_are_not_said_to_be_deleted",
    # Presigned requests
    "SignsUrlsForAYear": "test_an_expired_url_is_refused",
    "SignsUploadsForAYear": "test_an_expired_upload_is_refused",
    "ChecksNoSignature": "test_a_url_with_any_part_of_its_query_changed_is_refused",
    "ChecksNoSignatureOfUploads": "test_an_upload_with_any_part_of_its_query_changed_is_refused",
    "SignsForAnyKey": "test_a_url_with_any_part_of_its_query_changed_is_refused",
    "HidesTheHeadersOfAnUpload": "test_an_upload_with_exactly_the_headers_told_has_the_content_type",
    "QuotesKeysOfUrlsTwice": "test_an_object_of_any_key_is_read_by_url[percent]",
    "SignsThoughUnsupported": "test_urls_to_read_are_said_to_be_unsupported",
    # Errors
    "TakesForbiddenForAbsent": "test_what_is_forbidden_is_not_said_to_be_absent[exists]",
    "TakesForbiddenBucketsForAbsent": "test_what_is_forbidden_is_not_said_to_be_absent[bucket_exists]",
    "TakesForbiddenListingsForEmpty": "test_a_forbidden_listing_is_no_empty_listing",
    "TakesWrongPasswordsForForbidden": "test_wrong_credentials_are_told[stat]",
    "TakesMissingBucketsForMissingObjects": "test_a_bucket_that_is_not_there_is_told[exists]",
    "MakesBucketsOnUpload": "test_a_bucket_that_is_not_there_is_told[upload_file]",
    "RaisesKeyErrors": "test_an_object_that_is_not_there_is_told[stat]",
    "GivesNoneForWhatIsMissing": "test_an_object_that_is_not_there_is_told[download_file]",
    "HangsWhereNothingAnswers": "test_a_service_that_is_not_reached_is_told_in_time[download_file]",
    "HasNothingWhereNothingAnswers": "test_a_service_that_is_not_reached_is_told_in_time[exists]",
    "AcceptsText": "test_a_stream_of_text_is_refused",
    # Threads, processes
    "WorksForOneThread": "test_many_threads_use_one_client",
    "WritesInPlace": "test_who_reads_while_others_write_sees_one_version_whole",
    "ForgetsItsServiceWhenPickled": "test_a_client_that_was_pickled_sees_the_same_data",
    "ClosesOnce": "test_a_client_is_closed_by_its_block_and_again",
    "ClosesForAll": "test_closing_one_client_leaves_others_at_work",
    # Secrets, hooks
    "ShowsItsPassword": "test_no_repr_shows_a_secret",
    "TellsItsPassword": "test_no_error_shows_a_secret",
    "LogsItsPassword": "test_no_log_shows_a_secret",
    "LogsItsUrls": "test_no_log_shows_a_presigned_url",
    "PicklesItsPassword": "test_no_pickle_holds_a_secret",
    "HidesFromHooks": "test_hooks_see_each_operation_once",
    "CallsADeletionAReading": "test_hooks_see_what_an_operation_does",
    # On the way
    "NeverAsksAgain": "test_a_service_that_is_busy_for_a_moment_is_asked_again[download_file-503]",
    "AsksWithoutEnd": "test_a_service_that_stays_busy_is_told_in_time[download_file-500]",
    "ComesTooEarly": "test_a_service_that_says_when_to_come_again_is_not_asked_before[503]",
    "TriesCertificatesAgain": "test_a_certificate_that_is_not_trusted_is_told_at_once[stat]",
    "TakesCertificatesForTheNetwork": "test_a_certificate_that_is_not_trusted_is_told_at_once[download_file]",
    "WaitsTooLong": "test_a_service_that_falls_silent_is_a_timeout[before the request]",
    "RaisesErrorsOfItsSdk": "test_broken_data_are_not_taken_for_the_object[reset-download_file-always]",
    "BelievesWhatItReceives": "test_broken_data_are_not_taken_for_the_object[changed-download_file-always]",
    "PromisesNoChecksum": "test_a_broken_upload_leaves_the_old_object_or_the_new_one[changed-upload_file-once]",
    "DownloadsInPlace": "test_a_broken_download_leaves_the_old_file_or_the_new_one[changed-always]",
    "ListsUntilSomethingBreaks": "test_a_listing_that_breaks_is_no_shorter_listing[refused-always]",
    "LeavesUnfinishedUploads": "test_a_large_upload_that_fails_for_good_leaves_no_unfinished_upload",
    "DeletesOneByOne": "test_many_are_deleted_by_fewer_requests",
    "DownloadsToStat": "test_stat_fetches_no_data",
}
"""A class of broken.py to the test that must fail it."""


def run_suite(folder, *tests):
    """What the report says of these tests of suite.py: node id to outcome and reason."""
    plugins = ["-p", "no:cacheprovider", "-p", "no:hypothesispytest"]
    command = [sys.executable, "-m", "pytest", "-q", "-W", "error", *plugins, "--rootdir", HERE]
    done = subprocess.run(
        [*command, "--cloud-report", folder, *tests], cwd=HERE, capture_output=True, text=True, check=False
    )
    assert done.returncode in (0, 1), done.stdout + done.stderr
    storages = json.loads((folder / "conformance.json").read_text())["storages"]
    return {
        entry["test"]: (entry["outcome"], entry["reason"]) for storage in storages for entry in storage["requirements"]
    }


@pytest.fixture(scope="module")
def runs(tmp_path_factory):
    """Of the broken storages at the tests that must fail them, and of the whole ones at all. They mostly wait."""
    broken = [f"suite.py::Test{name}::{test}" for name, test in CAUGHT_BY.items()]
    selections = {"broken": broken, "Memory": ["suite.py::TestMemory"], "Remote": ["suite.py::TestRemote"]}
    with ThreadPoolExecutor() as pool:
        started = {n: pool.submit(run_suite, tmp_path_factory.mktemp(n), *tests) for n, tests in selections.items()}
        return {name: run.result() for name, run in started.items()}


@pytest.mark.parametrize("name", CAUGHT_BY)
def test_a_broken_storage_is_caught(runs, name):
    outcome, reason = runs["broken"][f"suite.py::Test{name}::{CAUGHT_BY[name]}"]
    assert outcome == "failed"
    assert reason


@pytest.mark.parametrize("name", ["Memory", "Remote"])
def test_a_storage_that_breaks_no_rule_passes(runs, name):
    found = {test: came for test, came in runs[name].items() if came[0] not in ("passed", "not applicable")}
    assert found == {}


def test_what_does_not_apply_says_why(runs):
    reasons = {reason for outcome, reason in runs["Memory"].values() if outcome == "not applicable"}
    assert {reason for reason in reasons if not reason.endswith("is claimed")} == {
        "its data live in one process",
        "no fixture `leftovers` lists unfinished uploads",
        "no fixture `proxied` gives a client behind a FaultProxy",
        "no fixture `untrusted` gives a client of a server whose certificate nobody vouches for",
    }


def test_every_broken_storage_is_tried():
    classes = re.findall(r"^class (\w+)\(", (HERE / "broken.py").read_text(), re.MULTILINE)
    assert sorted(classes) == sorted(CAUGHT_BY)
