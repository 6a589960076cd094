"""From HTTP status to error."""

from http import HTTPStatus

import pytest
from codomyrmex.cloud import errors as tree
from codomyrmex.cloud.rest.statuses import ERRORS_BY_STATUS, branch_class, error_class, status_message


class OwnError(tree.CloudError):
    """Base of a provider's branch."""


class OwnNotFoundError(OwnError, tree.NotFound):
    """Such as 404."""


class OwnServerError(OwnError, tree.ServiceUnavailable):
    """Such as 500."""


OWN = {tree.NotFound: OwnNotFoundError, tree.ServiceUnavailable: OwnServerError}


@pytest.mark.parametrize(
    ("status", "kind"),
    [(304, tree.PreconditionFailed), (400, tree.InvalidRequest), (401, tree.AuthenticationError),
     (403, PermissionError), (404, tree.NotFound), (408, TimeoutError), (409, tree.Conflict),
     (410, tree.NotFound), (412, tree.PreconditionFailed), (418, tree.InvalidRequest), (422, ValueError),
     (429, tree.RateLimited), (499, TimeoutError), (301, tree.InvalidRequest), (500, tree.ServiceUnavailable),
     (501, NotImplementedError), (502, ConnectionError), (503, ConnectionError), (504, ConnectionError),
     (507, tree.QuotaExceeded), (599, tree.ServiceUnavailable)],
)  # fmt: skip
def test_a_status_has_one_error_in_all_providers(status, kind):
    assert issubclass(error_class(status), kind)


@pytest.mark.parametrize("status", [code for code in HTTPStatus if code >= 400])
def test_what_may_pass_by_itself_is_retryable(status):
    assert error_class(status)("").retryable is (status in (408, 429) or (status >= 500 and status not in (501, 507)))


@pytest.mark.parametrize(
    ("status", "kind"),
    [(404, OwnNotFoundError), (410, OwnNotFoundError), (500, OwnServerError), (501, OwnServerError),
     (507, OwnServerError), (599, OwnServerError), (400, OwnError), (418, OwnError), (301, OwnError)],
)  # fmt: skip
def test_a_branch_gives_its_own_classes_and_its_base_for_the_rest(status, kind):
    assert branch_class(status, OWN, OwnError) is kind


def test_the_table_cannot_be_changed_by_one_provider_for_all():
    with pytest.raises(TypeError):
        ERRORS_BY_STATUS[418] = tree.Conflict


def test_an_answer_that_says_nothing_is_told_by_its_status():
    assert status_message(503) == "HTTP 503 Service Unavailable"
    assert status_message(599) == "HTTP 599"
