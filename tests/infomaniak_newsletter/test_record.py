"""What may have been sent is known to all clients, threads and processes of one file, whatever becomes of those."""

import gc
import json
import os
import pickle
import re
import shutil
import signal
import sqlite3
import stat
import subprocess
import sys
import tempfile
import time
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing, contextmanager, suppress
from pathlib import Path

import platformdirs
import pytest
from codomyrmex.cloud import get_client
from codomyrmex.cloud.errors import CloudError
from codomyrmex.cloud.infomaniak.errors import InfomaniakTimeoutError
from codomyrmex.cloud.infomaniak.newsletter import RESEND_AFTER, InfomaniakOutcomeUnknownError, _record, _state_file
from codomyrmex.cloud.testing.services.newsletter import error

from .account import DOMAIN, TOKEN
from .conftest import forget

START = """
import os, sys, threading
from codomyrmex.cloud.infomaniak.newsletter import InfomaniakNewsletterClient
url, campaign = sys.argv[1], int(sys.argv[2])
def connect():
    return InfomaniakNewsletterClient(base_url=url, requests_per_minute=None, timeout=20)
def send():
    client = connect()
    return repr(client.send_campaign(campaign) or type(client.last_error).__name__)
"""
SEND = START + "print('ready', flush=True); sys.stdin.readline(); print(send())"


def outcome(call, *arguments):
    """What a call returned, or the class of what it raised."""
    try:
        return call(*arguments)
    except CloudError as error:
        return type(error)


@pytest.fixture
def campaign(service):
    """A draft whose state lags."""
    service.state_lags = True
    return service.add_campaign()


@pytest.fixture
def program(service, campaign, monkeypatch):
    """Start a program with this code about the campaign."""
    monkeypatch.setenv("INFOMANIAK_NEWSLETTER_TOKEN", TOKEN)
    monkeypatch.setenv("INFOMANIAK_NEWSLETTER_ID", str(DOMAIN))
    started = []

    def program(code=SEND):
        command = [sys.executable, "-c", code, service.url, str(campaign)]
        pipes = dict.fromkeys(("stdin", "stdout", "stderr"), subprocess.PIPE)
        started.append(subprocess.Popen(command, text=True, start_new_session=True, **pipes))
        return started[-1]

    yield program
    for process in started:
        with suppress(ProcessLookupError):
            os.killpg(process.pid, signal.SIGKILL)  # its children too
        process.communicate()


def finish(process):
    """The last line that a program prints, once it was told to go on."""
    out, err = process.communicate("\n", timeout=60)
    assert process.returncode == 0, err
    return out.splitlines()[-1]


def until(condition):
    deadline = time.monotonic() + 60
    while not condition():
        assert time.monotonic() < deadline
        time.sleep(0.01)


@pytest.fixture(params=["file", "no file", "broken file"])
def memory(request, record, monkeypatch):
    """What is there to remember by, beside the process."""
    if request.param == "no file":
        monkeypatch.setenv("CLOUD_STATE_DIR", "")
    if request.param == "broken file":
        record.parent.mkdir()
        record.write_text("no database " * 1000)


# Clients of one process


def test_many_clients_of_many_threads_send_it_once(memory, connect, service, campaign):
    with ThreadPoolExecutor(8) as pool:
        outcomes = list(pool.map(lambda _: outcome(connect().send_campaign, campaign), range(8)))
    assert sorted(map(str, outcomes)) == sorted(map(str, [True, *[InfomaniakOutcomeUnknownError] * 7]))
    assert len(service.sends) == 1


def test_many_clients_that_look_and_try_again_send_it_once(memory, connect, service, campaign):
    service.state_lags = False

    def insist(_):
        client = connect(strict=False)
        for _ in range(4):
            client.send_campaign(campaign)
            client.get_campaign(campaign)

    with ThreadPoolExecutor(8) as pool:
        list(pool.map(insist, range(8)))
    assert len(service.sends) == 1


def test_what_a_client_knew_outlives_it(memory, connect, service, campaign, monkeypatch):
    monkeypatch.setenv("INFOMANIAK_NEWSLETTER_TOKEN", TOKEN)  # which no pickle holds
    service.fail("schedule", fault="reset", executed=True)
    client = connect()
    copy = pickle.dumps(client)
    with client:
        assert outcome(client.send_campaign, campaign) is InfomaniakOutcomeUnknownError
    del client
    gc.collect()
    others = [
        connect(),
        connect(base_url=f"{service.url}/"),
        pickle.loads(copy),
        get_client("infomaniak", "newsletter", token=TOKEN, newsletter_id=DOMAIN, base_url=service.url),
    ]
    for other in others:
        with other:
            assert outcome(other.send_campaign, campaign) is InfomaniakOutcomeUnknownError
    assert len(service.sends) == 1


def test_a_refused_request_may_be_made_by_another(memory, connect, service, campaign):
    service.fail("schedule", error(422))
    assert outcome(connect().send_campaign, campaign) is not True
    assert connect().send_campaign(campaign) is True


def test_a_stalled_send_holds_up_no_other(memory, connect, service, campaign):
    service.fail("schedule", fault="stalled", executed=True)
    with ThreadPoolExecutor(1) as pool:
        stalled = pool.submit(outcome, connect(timeout=60).send_campaign, campaign)
        until(lambda: service.sends)
        assert outcome(connect().send_campaign, campaign) is InfomaniakOutcomeUnknownError
        assert connect().send_campaign(service.add_campaign()) is True
        assert not stalled.done()
        service.released.set()
        assert stalled.result() is InfomaniakOutcomeUnknownError
    assert len(service.sends) == 2


# Processes


def test_a_program_killed_before_the_answer_sends_nothing_twice(program, service, campaign):
    service.fail("schedule", fault="stalled", executed=True)
    killed = program()
    killed.stdin.write("\n")
    killed.stdin.flush()
    until(lambda: service.sends)
    killed.kill()
    killed.wait()
    for _ in range(2):
        assert finish(program()) == "'InfomaniakOutcomeUnknownError'"
    assert len(service.sends) == 1


def test_a_program_killed_before_its_request_leaves_has_claimed_the_campaign(program, service, campaign, set_back):
    service.fail("get_campaign", fault="stalled")
    killed = program()
    killed.stdin.write("\n")
    killed.stdin.flush()
    until(lambda: service.received("get_campaign"))
    killed.kill()
    killed.wait()
    assert finish(program()) == "'InfomaniakOutcomeUnknownError'"
    assert service.received("schedule") == []
    set_back(RESEND_AFTER + 1)
    assert finish(program()) == "True"
    assert len(service.sends) == 1


def test_of_processes_at_once_one_sends(program, service, campaign):
    processes = [program() for _ in range(4)]
    assert [process.stdout.readline() for process in processes] == ["ready\n"] * 4
    for process in processes:
        process.stdin.write("\n")
        process.stdin.flush()
    assert sorted(map(finish, processes)) == ["'InfomaniakOutcomeUnknownError'"] * 3 + ["True"]
    assert len(service.sends) == 1


FORKS = """
children = []
for _ in range(4):
    if not (child := os.fork()):
        os._exit(0 if send() == "True" else 3)
    children.append(child)
print([os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) for child in children])
"""


def test_of_forked_processes_one_sends(program, service):
    assert sorted(json.loads(finish(program(START + FORKS)))) == [0, 3, 3, 3]
    assert len(service.sends) == 1


@pytest.mark.parametrize("folder", ["state", ""])
def test_who_forks_while_it_is_sent_sends_nothing_twice(program, service, folder, monkeypatch, tmp_path):
    monkeypatch.setenv("CLOUD_STATE_DIR", folder and str(tmp_path / folder))
    service.fail("schedule", fault="stalled", executed=True)
    sending = "import warnings; warnings.simplefilter('ignore')\nthreading.Thread(target=send).start(); input()"
    process = program(START + sending + FORKS)
    until(lambda: service.sends)
    process.stdin.write("\n")
    process.stdin.flush()
    line = process.stdout.readline()
    service.released.set()
    assert line == "[3, 3, 3, 3]\n"
    assert len(service.sends) == 1


def test_who_forks_while_the_record_is_in_use_may_use_it(program, service):
    held = """
import warnings; warnings.simplefilter("ignore")
from codomyrmex.cloud.infomaniak.newsletter import _record
held, forked = threading.Event(), threading.Event()
os.register_at_fork(after_in_parent=forked.set)
def hold():
    with _record._lock:
        held.set()
        forked.wait(0.3)  # in vain, as a fork waits for the record
threading.Thread(target=hold).start()
held.wait()
"""
    assert sorted(json.loads(finish(program(START + held + FORKS)))) == [0, 3, 3, 3]


def test_what_another_process_takes_back_may_go_out(program, connect, service, campaign):
    service.state_lags = False
    client = connect()
    assert client.schedule_campaign(campaign, time.time() + 86_400) is True
    assert finish(program(START + "print(connect().unschedule_campaign(campaign))")) == "True"
    assert client.send_campaign(campaign) is True


# Time


@pytest.mark.parametrize(
    ("ago", "text"), [(0, "a moment ago"), (70, "1 minute ago"), (RESEND_AFTER - 20, "15 minutes")]
)
def test_a_claim_stands_for_fifteen_minutes(client, service, campaign, set_back, ago, text):
    assert RESEND_AFTER == 15 * 60
    assert client.send_campaign(campaign) is True
    set_back(ago)
    with pytest.raises(InfomaniakOutcomeUnknownError) as caught:
        client.send_campaign(campaign)
    assert text in str(caught.value)
    assert re.search(r"at \d{4}-\d\d-\d\dT\d\d:\d\d:\d\d[+-]\d\d:\d\d", str(caught.value))
    assert str(caught.value).startswith(f"not sent: campaign {campaign} was asked to be sent ")
    assert f"get_campaign({campaign})" in str(caught.value)
    assert f"get_campaign --campaign-id {campaign}" in str(caught.value)
    assert "after 15 minutes" in str(caught.value)
    assert "it is not asked again before " in str(caught.value)
    set_back(RESEND_AFTER - ago + 1)
    assert client.send_campaign(campaign) is True
    assert len(service.sends) == 2


def test_a_claim_from_before_the_clock_was_set_back_stands(client, service, campaign, set_back):
    assert client.send_campaign(campaign) is True
    set_back(-86_400)
    assert outcome(client.send_campaign, campaign) is InfomaniakOutcomeUnknownError


def test_claims_by_the_time_that_is_given(memory, campaign):
    first, second = _record.Record("https://a", "t", 1), _record.Record("https://a", "t", 1)
    claim, is_new = first.claim(campaign, 1000.0)
    assert is_new
    assert second.claim(campaign, 1000.0 + RESEND_AFTER) == (claim, False)
    for other in ("https://a", "t", 2), ("https://b", "t", 1), ("https://a", "u", 1):
        assert _record.Record(*other).claim(campaign, 1000.0)[1]
    later, is_new = second.claim(campaign, 2000.0)
    assert is_new
    first.lift(campaign, [claim], 2001.0)  # whose answer came too late to say anything of the second's
    assert first.claim(campaign, 2001.0) == (later, False)
    first.lift(campaign, [later], 2001.0)
    assert first.claim(campaign, 2001.0)[1]


@pytest.mark.parametrize(
    "url", ["https://api.example.org/", "HTTPS://api.example.org", "https://API.Example.org", "https://api.example.org:443"]
)  # fmt: skip
def test_an_address_that_is_written_in_another_way_is_the_same(campaign, url):
    claim, _ = _record.Record("https://api.example.org", "t", 1).claim(campaign, 1000.0)
    assert _record.Record(url, "t", 1).claim(campaign, 1000.0) == (claim, False)


def test_a_claim_is_renewed_unless_it_was_lost(memory, campaign):
    record = _record.Record("https://a", "t", 1)
    claim, _ = record.claim(campaign, 1000.0)
    late = 1000.0 + 2 * RESEND_AFTER  # as after a night
    renewed = record.renew(campaign, claim, late)
    assert renewed.asked_at == late
    assert record.claim(campaign, late + 1) == (renewed, False)
    assert record.renew(campaign, claim, late + 1) is None
    record.lift(campaign, [renewed], late)
    assert record.renew(campaign, renewed, late) is None
    other, is_new = record.claim(campaign, late)
    assert is_new
    assert record.renew(campaign, renewed, late) is None
    assert record.claim(campaign, late) == (other, False)


def test_a_claim_that_another_made_after_it_expired_is_not_renewed(memory, campaign):
    record = _record.Record("https://a", "t", 1)
    claim, _ = record.claim(campaign, 1000.0)
    other, is_new = record.claim(campaign, 1001.0 + RESEND_AFTER)
    assert is_new
    assert record.renew(campaign, claim, 1002.0 + RESEND_AFTER) is None
    assert record.claim(campaign, 1002.0 + RESEND_AFTER) == (other, False)


def test_a_look_ends_the_doubt_of_a_claim_from_before_the_clock_was_set_back(client, service, campaign, set_back):
    assert client.send_campaign(campaign) is True
    set_back(-86_400)
    service.campaigns[campaign]["status"] = "sent"
    client.get_campaign(campaign)
    service.campaigns[campaign]["status"] = "draft"
    assert client.send_campaign(campaign) is True


def test_what_was_taken_back_before_the_clock_was_set_back_keeps_no_look_from_ending_a_doubt(
    client, service, campaign, set_back
):
    service.campaigns[campaign]["status"] = "scheduled"
    assert client.unschedule_campaign(campaign) is True
    assert client.send_campaign(campaign) is True
    set_back(-86_400)
    service.campaigns[campaign]["status"] = "sent"
    client.get_campaign(campaign)
    service.campaigns[campaign]["status"] = "draft"
    assert client.send_campaign(campaign) is True


def test_old_claims_are_forgotten(record, client, service, campaign, set_back):
    for _ in range(3):
        assert client.send_campaign(service.add_campaign()) is True
        set_back(RESEND_AFTER + 1)
    assert client.send_campaign(campaign) is True
    with closing(sqlite3.connect(record)) as db:
        assert db.execute("select distinct campaign from claims").fetchall() == [(str(campaign),)]


# The file


def test_the_file_is_the_users_alone_and_tells_nothing_secret(record, client, campaign):
    assert client.send_campaign(campaign) is True
    assert [path.name for path in record.parent.iterdir()] == [record.name]
    assert stat.S_IMODE(record.parent.stat().st_mode) == 0o700
    assert stat.S_IMODE(record.stat().st_mode) == 0o600
    assert TOKEN.encode() not in record.read_bytes()


def test_a_file_that_was_made_for_several_users_stays_theirs(record, client, campaign):
    record.parent.mkdir()
    record.touch()
    record.chmod(0o660)
    assert client.send_campaign(campaign) is True
    assert stat.S_IMODE(record.stat().st_mode) == 0o660
    forget()
    assert outcome(client.send_campaign, campaign) is InfomaniakOutcomeUnknownError


def test_its_folder_is_the_platforms_by_default(client, campaign, tmp_path, monkeypatch):
    monkeypatch.delenv("CLOUD_STATE_DIR")
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.delenv("XDG_STATE_HOME", raising=False)
    folder = Path(platformdirs.user_state_dir("codomyrmex-cloud", appauthor=False))
    assert folder.is_relative_to(tmp_path)
    client.get_campaign(campaign)
    assert not folder.exists()
    assert client.send_campaign(campaign) is True
    assert [path.name for path in folder.iterdir()] == [_state_file.FILE_NAME]


def test_an_empty_setting_makes_no_file(program, campaign, tmp_path, monkeypatch):
    monkeypatch.setenv("CLOUD_STATE_DIR", "")
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.delenv("XDG_STATE_HOME", raising=False)
    monkeypatch.chdir(tmp_path)
    process = program(START + "print(send(), send())")
    out, err = process.communicate(timeout=60)
    assert out == "True 'InfomaniakOutcomeUnknownError'\n"
    assert "cannot be used" not in err
    assert list(tmp_path.iterdir()) == []


UNUSABLE = {
    "folder is a file": (lambda file: file.parent.write_text(""), "File exists"),
    "no database": (lambda file: (file.parent.mkdir(), file.write_text("x" * 9999)), "file is not a database"),
    "a folder": (lambda file: file.mkdir(parents=True), "unable to open database file"),
    "another's": (lambda file: (file.parent.mkdir(), another(file)), "no such column: claim"),
}


def another(file):
    with closing(sqlite3.connect(file)) as db, db:
        db.execute("create table claims (x)")


@pytest.mark.parametrize(("spoil", "cause"), UNUSABLE.values(), ids=UNUSABLE)
def test_without_a_file_the_process_remembers_and_says_so_once(program, service, record, spoil, cause):
    spoil(record)
    more = "c = connect(); c.get_campaign(campaign); print(send(), send(), c.get_campaign(campaign) and send())"
    process = program(START + more)
    out, err = process.communicate(timeout=60)
    assert out == "True 'InfomaniakOutcomeUnknownError' 'InfomaniakOutcomeUnknownError'\n", err
    warnings = [line for line in err.splitlines() if "cannot be used" in line]
    assert len(warnings) == 1
    assert str(record) in warnings[0]
    assert cause in warnings[0]
    assert "CLOUD_STATE_DIR" in warnings[0]
    assert len(service.sends) == 1


def test_a_path_that_is_too_long_is_told(connect, service, campaign, tmp_path, monkeypatch, caplog):
    monkeypatch.setenv("CLOUD_STATE_DIR", str(tmp_path.joinpath(*["d" * 200] * 3)))
    assert connect().send_campaign(campaign) is True
    assert outcome(connect().send_campaign, campaign) is InfomaniakOutcomeUnknownError
    [warning] = caplog.messages
    assert "its path is too long" in warning


def test_a_row_that_is_no_claim_makes_the_file_unusable(record, connect, service, campaign, caplog):
    assert connect().send_campaign(campaign) is True
    execute(record, "update claims set asked_at = 'yesterday'")
    forget()
    connect().get_campaign(campaign)
    assert connect().send_campaign(campaign) is True
    assert outcome(connect().send_campaign, campaign) is InfomaniakOutcomeUnknownError
    [warning] = caplog.messages
    assert "'yesterday' is no time" in warning


@contextmanager
def unprivileged():
    """Be nobody, in the place of root who may write to what is read-only."""
    if os.geteuid():
        yield
        return
    os.seteuid(65534)
    try:
        yield
    finally:
        os.seteuid(0)


@pytest.fixture
def read_only(monkeypatch):
    """Make a file of the claims that may be read and not written, by all users. It has to be in such a folder."""
    folder = tempfile.mkdtemp()
    monkeypatch.setenv("CLOUD_STATE_DIR", folder)

    def protect():
        os.chmod(Path(folder, _state_file.FILE_NAME), 0o444)
        os.chmod(folder, 0o555)

    yield protect
    os.chmod(folder, 0o700)
    shutil.rmtree(folder)


def test_a_claim_in_a_file_that_cannot_be_written_stands(read_only, connect, service, campaign):
    another = service.add_campaign()
    assert connect().send_campaign(campaign) is True
    read_only()
    forget()  # as another process
    with unprivileged():
        assert outcome(connect().send_campaign, campaign) is InfomaniakOutcomeUnknownError
        assert connect().send_campaign(another) is True
        assert outcome(connect().send_campaign, another) is InfomaniakOutcomeUnknownError
        connect().get_campaign(campaign)
    assert len(service.sends) == 2


@pytest.mark.parametrize("first", ["broken", "whole"])
def test_a_file_that_breaks_or_recovers_changes_nothing(record, connect, service, campaign, first):
    record.parent.mkdir()
    if first == "broken":
        record.write_text("no database " * 1000)
    assert connect().send_campaign(campaign) is True
    if first == "broken":
        record.unlink()
    else:
        record.write_text("no database " * 1000)
    assert outcome(connect().send_campaign, campaign) is InfomaniakOutcomeUnknownError
    assert len(service.sends) == 1


def elsewhere(record, monkeypatch):
    monkeypatch.setenv("CLOUD_STATE_DIR", str(record.parent / "elsewhere"))


LOSSES = {
    "file deleted": lambda record, monkeypatch: record.unlink(),
    "file emptied": lambda record, monkeypatch: record.write_bytes(b""),
    "folder removed": lambda record, monkeypatch: shutil.rmtree(record.parent),
    "rows deleted": lambda record, monkeypatch: execute(record, "delete from claims"),
    "table dropped": lambda record, monkeypatch: execute(record, "drop table claims"),
    "other folder": elsewhere,
    "no folder": lambda record, monkeypatch: monkeypatch.setenv("CLOUD_STATE_DIR", ""),
}


def execute(file, statement):
    with closing(sqlite3.connect(file)) as db, db:
        db.execute(statement)


@pytest.mark.parametrize("lose", LOSSES.values(), ids=LOSSES)
def test_a_process_remembers_what_it_sent_whatever_becomes_of_the_file(
    record, connect, service, campaign, monkeypatch, lose
):
    assert connect().send_campaign(campaign) is True
    lose(record, monkeypatch)
    for _ in range(2):
        assert outcome(connect().send_campaign, campaign) is InfomaniakOutcomeUnknownError
    assert len(service.sends) == 1


@pytest.mark.parametrize("setting", ["state", "~/state"])
def test_a_setting_may_be_relative_or_begin_with_the_home(connect, service, campaign, tmp_path, monkeypatch, setting):
    monkeypatch.setenv("CLOUD_STATE_DIR", setting)
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.chdir(tmp_path)
    _state_file._absolute.cache_clear()
    assert connect().send_campaign(campaign) is True
    assert Path(tmp_path, "state", _state_file.FILE_NAME).exists()
    monkeypatch.chdir("/")
    forget()  # as another process; the file of this one stays where it is
    assert outcome(connect().send_campaign, campaign) is InfomaniakOutcomeUnknownError
    _state_file._absolute.cache_clear()


HOMELESS = """
import logging, pwd
def nobody(uid): raise KeyError(uid)
pwd.getpwuid = nobody  # as of a user without an entry
os.environ.pop("HOME"), os.environ.pop("CLOUD_STATE_DIR"), os.environ.pop("XDG_STATE_HOME", None)
c = connect()
print(c.get_campaign(campaign)["id"] == campaign, send(), send())
"""


def test_without_a_home_the_process_remembers_and_says_so_once(program, service, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    out, err = program(START + HOMELESS).communicate(timeout=60)
    assert out == "True True 'InfomaniakOutcomeUnknownError'\n", err
    assert err.count("cannot be used") == 1
    assert len(service.sends) == 1
    assert not Path(tmp_path, "~").exists()


def test_a_look_waits_not_for_a_file_that_another_keeps_locked(record, connect, service, campaign, caplog):
    assert connect().send_campaign(campaign) is True
    service.campaigns[campaign]["status"] = "sent"
    with closing(sqlite3.connect(record)) as other:
        other.execute("begin immediate")
        assert connect().get_campaign(campaign)["status"] == "sent"
        [warning] = [message for message in caplog.messages if f"campaign {campaign} stand" in message]
        assert "locked" in warning
    service.campaigns[campaign]["status"] = "draft"
    assert outcome(connect().send_campaign, campaign) is InfomaniakOutcomeUnknownError


def test_a_look_with_nothing_to_lift_takes_no_lock(record, connect, service, campaign, caplog):
    assert connect().send_campaign(campaign) is True
    sent = service.add_campaign("sent")
    with closing(sqlite3.connect(record)) as other:
        other.execute("begin immediate")
        assert connect().get_campaign(sent)["status"] == "sent"
    assert caplog.messages == []


@pytest.mark.slow
def test_nothing_is_sent_while_another_keeps_the_file_locked(record, client, service, campaign):
    sent = service.add_campaign("sent")
    record.parent.mkdir()
    with closing(sqlite3.connect(record)) as other:
        other.execute("begin exclusive")
        with pytest.raises(InfomaniakTimeoutError, match=f"nothing was sent.*{record}") as caught:
            client.send_campaign(campaign)
        assert caught.value.retryable
        assert caught.value.maybe_executed is False
        assert client.get_campaign(sent)["status"] == "sent"
    assert service.received("schedule") == []
    assert client.send_campaign(campaign) is True
