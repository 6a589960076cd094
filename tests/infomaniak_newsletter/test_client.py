"""How a client is made, found, shared, sent elsewhere and closed; and called from the shell."""

import json
import logging
import pickle
from concurrent.futures import ThreadPoolExecutor
from typing import NamedTuple

import pytest
from codomyrmex.cloud import CloudCredentials, get_client, hooks, providers
from codomyrmex.cloud.cli import main
from codomyrmex.cloud.errors import OperationRefused
from codomyrmex.cloud.infomaniak.errors import InfomaniakAuthError, InfomaniakNotFoundError
from codomyrmex.cloud.infomaniak.newsletter import InfomaniakNewsletterClient
from codomyrmex.cloud.testing.services._http import Response
from codomyrmex.cloud.testing.services.newsletter import error

from .account import DOMAIN, TOKEN

VARIABLES = {"INFOMANIAK_NEWSLETTER_TOKEN": f"{TOKEN}\n", "INFOMANIAK_NEWSLETTER_ID": f" {DOMAIN}"}


@pytest.fixture
def environment(monkeypatch):
    for name, value in VARIABLES.items():
        monkeypatch.setenv(name, value)


def test_the_client_and_its_error_are_exported_by_the_core_and_by_infomaniak():
    from codomyrmex.cloud import InfomaniakNewsletterClient as Exported
    from codomyrmex.cloud import InfomaniakOutcomeUnknownError
    from codomyrmex.cloud.infomaniak import InfomaniakNewsletterClient as Other

    assert Exported is Other is InfomaniakNewsletterClient
    assert not issubclass(InfomaniakOutcomeUnknownError, (OSError, TimeoutError))


def test_it_is_found_by_the_registry_and_raises(service):
    [info] = [info for info in providers() if (info.provider, info.service) == ("infomaniak", "newsletter")]
    assert info.distribution == "codomyrmex-cloud-infomaniak-newsletter"
    options = {"token": TOKEN, "base_url": service.url}
    with get_client("infomaniak", "newsletter", newsletter_id=DOMAIN, **options) as client:
        assert type(client) is InfomaniakNewsletterClient
        assert client.validate_connection() is True
    with get_client("infomaniak", "newsletter", newsletter_id=1, **options) as client, pytest.raises(PermissionError):
        client.validate_connection()


def test_a_wrong_token_or_newsletter_is_found_by_validating(connect):
    assert connect("another", strict=False).validate_connection() is False
    client = connect(newsletter_id=7, strict=False)
    assert client.validate_connection() is False
    assert isinstance(client.last_error, PermissionError)


def test_the_settings_may_come_from_the_environment(service, environment):
    make = (InfomaniakNewsletterClient, InfomaniakNewsletterClient.from_env)
    for client in (m(base_url=service.url, timeout=3, strict=True) for m in make):
        with client:
            assert client.validate_connection() is True
            assert (client.newsletter_id, client.timeout, client.strict) == (DOMAIN, 3, True)
    assert InfomaniakNewsletterClient.credential_source() == (
        "INFOMANIAK_NEWSLETTER_TOKEN=***, INFOMANIAK_NEWSLETTER_ID=12345"
    )


def test_the_url_may_come_from_the_environment(service, monkeypatch):
    for name, value in service.environment().items():
        monkeypatch.setenv(name, value)
    for make in (InfomaniakNewsletterClient, InfomaniakNewsletterClient.from_env):
        with make(strict=True) as client:
            assert client.validate_connection() is True
    assert InfomaniakNewsletterClient.credential_source().endswith(f", INFOMANIAK_NEWSLETTER_BASE_URL={service.url}")
    with InfomaniakNewsletterClient(base_url="https://example.org") as client:
        assert client.base_url == "https://example.org"
    monkeypatch.setenv("INFOMANIAK_NEWSLETTER_BASE_URL", "https://ada:a-secret@example.org")
    for show in (InfomaniakNewsletterClient, InfomaniakNewsletterClient.credential_source):
        with pytest.raises(ValueError, match="BASE_URL holds a user or password") as caught:
            show()
        assert "a-secret" not in str(caught.value)


@pytest.mark.parametrize("given", [(), tuple(VARIABLES)[:1], tuple(VARIABLES)[1:]])
@pytest.mark.parametrize("empty", [True, False])
def test_what_is_missing_is_named(monkeypatch, given, empty):
    for name, value in VARIABLES.items():
        if name in given or empty:
            monkeypatch.setenv(name, value if name in given else "")
    for make in (InfomaniakNewsletterClient, InfomaniakNewsletterClient.from_env):
        with pytest.raises(InfomaniakAuthError) as caught:
            make()
        text = str(caught.value)
        assert [name in text for name in VARIABLES] == [name not in given for name in VARIABLES]


def test_arguments_and_credentials(service):
    credentials = CloudCredentials("infomaniak", secret_key=TOKEN, project_id=str(DOMAIN))
    clients = (
        InfomaniakNewsletterClient.from_credentials(TOKEN, DOMAIN, base_url=f"{service.url}/"),
        InfomaniakNewsletterClient(TOKEN, str(DOMAIN), base_url=service.url),
        InfomaniakNewsletterClient(credentials=credentials, base_url=service.url),
    )
    for client in clients:
        with client:
            assert client.validate_connection() is True
            assert (client.base_url, client.newsletter_id) == (service.url, DOMAIN)


@pytest.mark.parametrize("token", ["", " ", "a b", "a\nb", "tökén", "a\x7f"])
def test_what_can_be_no_token_is_refused_without_being_told(token):
    with pytest.raises(ValueError, match="no token") as caught:
        InfomaniakNewsletterClient(token, DOMAIN)
    assert len(token) < 2 or token not in str(caught.value)


@pytest.mark.parametrize("newsletter_id", ["example.org", "", 0, -5, "1.5", "../1"])
def test_what_can_be_no_newsletter_is_refused(newsletter_id):
    with pytest.raises(ValueError, match="newsletter_id is a positive integer"):
        InfomaniakNewsletterClient(TOKEN, newsletter_id)


@pytest.mark.parametrize(
    "options", [{"base_url": "x.com"}, {"base_url": "ftp://x"}, {"timeout": 0}, {"requests_per_minute": 0}]
)
def test_wrong_options_are_refused_at_once(options):
    with pytest.raises(ValueError, match=next(iter(options))):
        InfomaniakNewsletterClient(TOKEN, DOMAIN, **options)


def test_credentials_of_a_vault_are_used(service, clean_slate):
    class Vault:
        @hooks.hookimpl
        def cloud_credentials(self, provider, service):
            return CloudCredentials("infomaniak", secret_key=TOKEN, project_id=str(DOMAIN))

    hooks.register(Vault())
    with get_client("infomaniak", "newsletter", base_url=service.url) as client:
        assert client.validate_connection() is True


def test_hooks_see_and_refuse_operations(client, service, clean_slate):
    seen = []

    class Policy:
        @hooks.hookimpl
        def cloud_before_operation(self, operation):
            seen.append((operation.service, operation.name, operation.resource))
            if operation.name == "send_campaign":
                raise OperationRefused("not on Sundays")

    hooks.register(Policy())
    with pytest.raises(OperationRefused):
        client.send_campaign(7)
    assert service.requests == []
    client.list_campaigns()
    with pytest.raises(InfomaniakNotFoundError):
        client.manage_contact(3, 4, "subscribe")
    assert seen == [
        ("newsletter", "send_campaign", "campaigns/7"),
        ("newsletter", "list_campaigns", f"newsletters/{DOMAIN}"),
        ("newsletter", "manage_contact", "lists/3/contacts/4"),
    ]


def test_a_client_goes_to_another_process_without_its_token(service, environment):
    options = {"base_url": service.url, "timeout": 7, "requests_per_minute": 50, "retry_budget": 3.0, "strict": True}
    with InfomaniakNewsletterClient(TOKEN, DOMAIN, **options) as client:
        data = pickle.dumps(client)
    assert TOKEN.encode() not in data
    with pickle.loads(data) as copied:
        assert {name: getattr(copied, name) for name in options} == options
        assert copied.validate_connection() is True


def test_one_client_serves_many_threads(client, service):
    groups = [service.add_group(f"g{n}") for n in range(5)]
    with ThreadPoolExecutor(20) as pool:
        found = list(pool.map(lambda n: client.get_mailing_list(groups[n % 5])["name"], range(100)))
    assert found == [f"g{n % 5}" for n in range(100)]


def test_connections_are_kept(client, service):
    for _ in range(5):
        client.get_credits()
    assert len(service.connections) == 1


def test_a_closed_client_may_be_closed_again(client):
    client.close()
    client.close()


# The token


def test_the_token_is_in_no_text_no_log_and_no_pickle(connect, service, caplog, environment):
    texts = []
    with caplog.at_level(logging.DEBUG):  # urllib3's and ours
        client = connect(timeout=0.2, retry_budget=0.5)
        echo = error(502, f"Authorization: Bearer {TOKEN}")
        service.fail("credits", error(429, headers={"Retry-After": "0"}))
        client.get_credits()
        for fault in (
            {"response": echo},
            {"response": echo._replace(status=422)},
            {"response": Response(200, f"<html>{TOKEN}</html>".encode())},
            {"fault": "reset"},
            {"fault": "stalled"},
        ):
            service.fail("create_group", **fault)
            with pytest.raises(Exception) as caught:  # noqa: PT011 - any
                client.create_mailing_list("x")
            found = caught.value
            while found is not None:
                texts += [repr(found), str(found), repr(vars(found)), pickle.dumps(found)]
                found = found.__cause__
    texts += [repr(client), str(client), repr(vars(client)), pickle.dumps(client), client.credential_source()]
    texts += [repr(vars(client._calls.transport)), caplog.text]
    assert "HTTP/1.1" in caplog.text
    assert [t for t in texts if TOKEN in (t if isinstance(t, str) else t.decode("latin-1"))] == []


def test_a_netrc_does_not_take_the_place_of_the_token(connect, tmp_path, monkeypatch):
    (tmp_path / "netrc").write_text("machine 127.0.0.1 login somebody password else\n")
    (tmp_path / "netrc").chmod(0o600)
    monkeypatch.setenv("NETRC", str(tmp_path / "netrc"))
    assert connect().validate_connection() is True


def test_it_needs_no_other_sdk(run_python):
    code = "import sys, codomyrmex.cloud.infomaniak.newsletter; print({'openstack', 'boto3'} & set(sys.modules))"
    assert run_python(code) == "set()\n"


# The shell


@pytest.fixture
def cloud(service, environment, capfd, monkeypatch):
    """Run ``cloud call infomaniak.newsletter`` with these arguments, as the console script does."""

    def run(*arguments, token=TOKEN):
        monkeypatch.setenv("INFOMANIAK_NEWSLETTER_TOKEN", token)
        with pytest.raises(SystemExit) as stop:
            main(["call", "infomaniak.newsletter", "--base-url", service.url, *map(str, arguments)])
        out, err = capfd.readouterr()
        return Result(int(stop.value.code or 0), out, err)

    return run


class Result(NamedTuple):
    code: int
    out: str
    err: str


def test_a_campaign_goes_from_its_list_to_its_statistics_in_the_shell(cloud, service, tmp_path):
    made = json.loads(cloud("create_mailing_list", "--name", "Readers", "--json").out)
    (tmp_path / "readers.csv").write_text("email\nada@example.org\nnobody\n")
    imported = cloud("import_contacts", "--list-id", made["id"], "--contacts", tmp_path / "readers.csv", "--json")
    [failed] = json.loads(imported.out)["failed"]
    assert (failed["email"], failed["line"]) == ("nobody", 3)
    inline = cloud("import_contacts", "--list-id", made["id"], "--contacts", '[{"email": "b@example.org"}]', "--json")
    assert json.loads(inline.out)["imported"] == 1
    (tmp_path / "readers.csv").write_bytes("email*Vorname*x\nc@example.org*Zo\xeb*y\n".encode("cp1252"))
    cloud(
        "import_contacts", "--list-id", made["id"], "--contacts", tmp_path / "readers.csv", "--delimiter", "*",
        "--encoding", "cp1252", "--fields", '["Vorname"]',
    )  # fmt: skip
    assert service.members(made["id"])["c@example.org"]["fields"] == {"firstname": "Zo\xeb"}
    draft = cloud(
        "create_campaign", "--subject", "News", "--sender-email", "a@example.org", "--sender-name", "A",
        "--content-html", "<p>", "--mailing-list-id", made["id"], "--preheader", "x", "--json",
    )  # fmt: skip
    campaign = json.loads(draft.out)["id"]
    when = "2099-01-04T09:00:00+01:00"
    assert cloud("schedule_campaign", "--campaign-id", campaign, "--send-at", when).code == 0
    assert service.sends == [(campaign, 4071196800)]
    assert json.loads(cloud("get_campaign", "--campaign-id", campaign, "--json").out)["status"] == "scheduled"
    statistics = json.loads(cloud("get_campaign_statistics", "--campaign-id", campaign, "--json").out)
    assert statistics["statistics"]["sent_count"] == 0


def test_its_failures_have_the_exit_codes_of_the_command(cloud, service):
    assert cloud("get_campaign", "--campaign-id", 7).code == 3
    assert cloud("get_credits", token="another").code == 4
    assert cloud("schedule_campaign", "--campaign-id", 7, "--send-at", "2020-01-01T00:00:00Z").code == 2


def test_its_json_tells_whether_something_may_have_been_done(cloud, service):
    campaign = service.add_campaign()
    service.state_lags = True
    service.fail("schedule", error(422))
    service.fail("schedule", fault="reset", executed=True)
    outcomes = [json.loads(cloud("send_campaign", "--campaign-id", campaign, "--json").err)["error"] for _ in range(3)]
    assert [outcome["maybe_executed"] for outcome in outcomes] == [False, True, True]
    assert [outcome["retryable"] for outcome in outcomes] == [False, False, False]
    assert outcomes[2]["message"].startswith(f"not sent: campaign {campaign} was asked to be sent a moment ago, at ")


def test_a_loop_of_the_shell_sends_nothing_twice(cloud, service):
    campaign = service.add_campaign()
    service.fail("schedule", fault="reset", executed=True)
    first = cloud("send_campaign", "--campaign-id", campaign)
    assert first.code != 0
    assert f"get_campaign({campaign})" in first.err
    assert cloud("send_campaign", "--campaign-id", campaign).code != 0
    assert len(service.sends) == 1
