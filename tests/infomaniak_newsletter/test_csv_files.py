"""CSV files are read as people have them, and their faults are told with the line before anything is written."""

import gzip
import io
import os
import threading

import pytest

ADA = {"email": "ada@example.org", "firstname": "Ada"}
BOB = {"email": "bob@example.org", "firstname": "Bob, Jr."}


@pytest.fixture
def group(service):
    return service.add_group()


@pytest.fixture
def read(client, service, group, tmp_path):
    """``read(text)``: the result of the import of a file of this text, and the fields of who is in by address."""

    def read(text, **options):
        file = tmp_path / "contacts.csv"
        file.write_bytes(text if isinstance(text, bytes) else text.encode())
        result = client.import_contacts(group, file, **options)
        return result, {email: member["fields"] for email, member in service.members(group).items()}

    return read


def written(service):
    return [request for request in service.requests if request.method != "GET"]


@pytest.mark.parametrize("delimiter", [",", ";", "\t", "|", ":", "^", "~", "\x1f"])
@pytest.mark.parametrize("end", ["\n", "\r\n", "\r"])
def test_the_delimiter_and_line_ends_are_found(read, delimiter, end):
    rows = ["email", "firstname"], ["ada@example.org", "Ada"], ["bob@example.org", '"Bob, Jr."']
    result, members = read(end.join(delimiter.join(row) for row in rows))
    assert (result["imported"], result["failed"]) == (2, [])
    assert members == {"ada@example.org": {"firstname": "Ada"}, "bob@example.org": {"firstname": "Bob, Jr."}}


@pytest.mark.parametrize("text", [
    '"Name, first, middle";email\nAda;ada@example.org\n',
    "sep=;\r\nfirstname, of the person;email\r\nAda;ada@example.org\r\n",
    '\ufeff"sep=;"\n"firstname, of the person";email\nAda;ada@example.org\n',
    "SEP=|\nfirstname|email\nAda|ada@example.org\n",
    "sep=\t\nfirstname\temail\nAda\tada@example.org\n",
    "name, middle;email\nAda;ada@example.org\n",
    '"firstname\nof the person";email\nAda;ada@example.org\n',
    "\n \n\t\nfirstname;email\n\nAda;ada@example.org\n\n;\n\n",
    '"\ufefffirstname";"E-Mail"\n"Ada";"ada@example.org"\n',
    '  "firstname" ;  email  \n  Ada  ;  ada@example.org  \n',
    "'firstname';'email'\nAda;ada@example.org\n",
    "firstname;email;;\nAda;ada@example.org;;\n",
    "firstname;email\nAda; \"ada@example.org\"\n",
    "firstname;email\nAda;Ada L. <ada@example.org>\n",
])  # fmt: skip
def test_a_header_is_understood(read, text):
    result, members = read(text)
    assert (result["imported"], result["failed"]) == (1, [])
    assert list(members) == ["ada@example.org"]
    assert list(members["ada@example.org"].values()) == ["Ada"]


def test_a_delimiter_that_is_named_is_taken(read):
    _, members = read("email*x;firstname\nada@example.org*Ada\n", delimiter="*")
    assert members == {"ada@example.org": {"x_firstname": "Ada"}}


def test_a_delimiter_that_is_named_counts_more_than_that_of_excel(read):
    _, members = read("sep=;\nemail,firstname\nada@example.org,Ada\n", delimiter=",")
    assert members == {"ada@example.org": {"firstname": "Ada"}}


def test_between_two_blanks_that_delimit_is_an_empty_cell(read):
    _, members = read("email firstname lastname\nada@example.org  Lovelace\n", delimiter=" ")
    assert members == {"ada@example.org": {"lastname": "Lovelace"}}


@pytest.mark.parametrize("delimiter", ["", ";;", '"', "\n", "\r", "\0"])
def test_what_is_no_delimiter_is_refused_at_once(read, service, delimiter):
    with pytest.raises(ValueError, match="delimiter is one character"):
        read("email\nada@example.org", delimiter=delimiter)
    assert service.requests == []


def test_a_column_of_addresses_alone_is_a_file(read):
    result, members = read("Email\nada@example.org\nbob@example.org")
    assert (result["imported"], list(members)) == (2, ["ada@example.org", "bob@example.org"])


def test_cells_may_have_line_breaks_and_quotes(read):
    _, members = read('email;note\nada@example.org;"1 Road\r\n""Home""; a@b,\nLondon"\nbob@example.org;x\n')
    assert members["ada@example.org"]["note"] == '1 Road\r\n"Home"; a@b,\nLondon'
    assert members["bob@example.org"] == {"note": "x"}


@pytest.mark.parametrize("more", [0, 30])
def test_a_wrong_row_is_named_with_its_line_and_the_rest_goes_in(read, more):
    rows = [
        '"x\ny"',
        "",
        "wrong;W",
        "ada@example.org;Ada",
        "bob@example.org;B;extra",
        "bob@example.org",
        "cyd@example.org;C;;",
    ]
    rows += [f"p{n}@example.org;P" for n in range(more)]
    result, members = read("email;firstname\n" + "\n".join(rows))
    assert [(f["line"], f["email"]) for f in result["failed"]] == [
        (2, "x\ny"), (5, "wrong"), (7, "bob@example.org"),
    ]  # fmt: skip
    assert result["failed"][2]["error"] == "3 cells, where the header has 2 columns"
    assert result["imported"] == len(members) == 3 + more


def test_who_the_service_refuses_is_named_with_the_line(read):
    for more in (0, 30):
        text = "email\n\nx@refused.example\n" + "".join(f"p{n}@example.org\n" for n in range(more))
        result, _ = read(text, settle=0)
        assert [(f["line"], f["email"]) for f in result["failed"]] == [(3, "x@refused.example")]


GOOD = "".join(f"p{n}@example.org;P\n" for n in range(30))


@pytest.mark.parametrize(("text", "message"), [
    ("", "has no lines with text, so no column 'email'"),
    ("\ufeff\n \r\n", "has no lines with text"),
    ("name;city\nAda;London\n", r"line 1, has no column 'email', but 'name', 'city'"),
    ("\n\nname;city\n", r"line 3, has no column 'email'"),
    ("ada@example.org\nbob@example.org\n", r"line 1, has no column 'email'"),
    ("email;email\n", r"line 1, has two columns 'email'"),
    ("Email;City; city\n", r"line 1, has two columns 'city'"),
    ("Email;E-Mail\n", r"line 1, has several columns of addresses: Email, E-Mail; .*fields="),
    ("Courriel;Adresse e-mail\n", r"line 1, has several columns of addresses"),
    ('email;"name\n' + GOOD, "line 1: a quote that begins in the header does not end there"),
    ('email;name\na@example.org;"Ada\n' + GOOD, r"begins in line 2 has a quote which is not closed.*line 32"),
    ('email;name\n' + GOOD + '"b@example.org;x', r"begins in line 32 has a quote"),
    ('email;name\n"a@example.org;Ada\nb@example.org;"B"\n' + GOOD, r"begins in line 2 has a quote.*found at line 3"),
    ('email;name\na@example.org;"Ada\nb@example.org;Bob\nc@example.org;C"\n', "a quote in line 2 is closed in line 4"),
    ('email\n"a@example.org\nb@example.org\nc@example.org"\n' + GOOD, "a quote in line 2 is closed in line 4"),
    ('email;name\na@example.org;"Ada"x\n', "begins in line 2 has a quote"),
    ("email;name\na@example.org;A\0da\n", "line 2, has a NUL"),
    ("email;name\na@example.org;" + "x" * 200_000, "begins in line 2 has a cell that is too long"),
    ("email;" + "x" * 200_000, "line 1, has no column 'email'"),
    (b"PK\x03\x04\x14\0\6\0", "is a ZIP archive or an Excel workbook, not CSV"),
    (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1", "is an old Excel workbook, not CSV"),
    (gzip.compress(b"email", mtime=0), "is compressed by gzip, not CSV"), (b"%PDF-1.7", "is PDF, not CSV"),
    ('[{"email": "ada@example.org", "firstname": "Ada"}]', "line 1, is JSON, not CSV"),
    ('\n{"email": "ada@example.org"}\n', "line 2, is JSON, not CSV"),
    ("email;name\n" + GOOD + "a@example.org;" + "x;" * (1 << 20), r"line 32, has more than 1,048,576 characters"),
    ("x" * (3 << 20), r"line 1, has more than"),
])  # fmt: skip
def test_a_wrong_file_is_refused_with_its_line_before_anything_is_sent(read, service, text, message):
    with pytest.raises(ValueError, match=rf"contacts.csv.*{message}"):
        read(text)
    assert service.requests == []


def test_a_header_alone_imports_nobody(read, service):
    result, members = read("email;firstname\n")
    assert (result["imported"], result["failed"], members) == (0, [], {})
    assert service.requests == []


def test_a_folder_is_a_failure(client, group, tmp_path):
    with pytest.raises(OSError, match="directory"):
        client.import_contacts(group, tmp_path)


TEXT = 'email;firstname\r\nada@example.org;"Zoë"\r\n'


@pytest.mark.parametrize("make", [
    io.StringIO, lambda text: io.StringIO(text.replace("\r\n", "\r")),
    lambda text: io.StringIO("\ufeff" + text),
    lambda text: io.StringIO('\ufeff"x;y";' + text.replace("ada", ";ada")), lambda text: io.BytesIO(text.encode()),
    lambda text: io.BytesIO(text.encode("cp1252")), lambda text: io.BytesIO(text.encode("utf-16")),
], ids=["text", "text of an old Mac", "text with a mark", "text with a mark and quotes",
        "bytes", "bytes of Windows", "bytes in UTF-16"])  # fmt: skip
def test_a_file_that_is_open_is_read_and_stays_open(client, service, group, make):
    with make(TEXT) as file:
        assert client.import_contacts(group, file)["imported"] == 1
        assert not file.closed
    assert service.members(group)["ada@example.org"]["fields"] == {"firstname": "Zoë"}


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="no named pipes here")
@pytest.mark.parametrize("encoding", ["utf-8", "cp1252"])
def test_a_pipe_is_read(client, service, group, tmp_path, encoding):
    os.mkfifo(tmp_path / "pipe")
    writer = threading.Thread(target=(tmp_path / "pipe").write_bytes, args=[TEXT.encode(encoding)])
    writer.start()
    assert client.import_contacts(group, tmp_path / "pipe")["imported"] == 1
    writer.join()
    assert service.members(group)["ada@example.org"]["fields"] == {"firstname": "Zoë"}


def test_an_encoding_of_what_is_text_already_is_refused(client, service, group):
    with pytest.raises(TypeError, match="read as text already"):
        client.import_contacts(group, io.StringIO(TEXT), encoding="cp1252")
    for options in ({"encoding": "utf-8"}, {"delimiter": ";"}):
        with pytest.raises(TypeError, match="for a CSV file"):
            client.import_contacts(group, [ADA], **options)
    assert service.requests == []


def test_an_iterable_that_raises_in_the_middle_has_sent_nothing(client, service, group):
    def contacts():
        for n in range(100):
            yield {"email": f"p{n}@example.org", "firstname": "P"}
        raise KeyError("the database is gone")

    with pytest.raises(KeyError):
        client.import_contacts(group, contacts())
    assert written(service) == []


def test_a_line_without_end_takes_no_memory(client, group, tmp_path):
    import tracemalloc

    with open(tmp_path / "contacts.csv", "wb") as file:
        file.write(b"email\n")
        file.truncate(200 << 20)
        file.seek(6)
        for _ in range(200):
            file.write(b"x" * (1 << 20))
    tracemalloc.start()
    try:
        with pytest.raises(ValueError, match="line 2, has more than"):
            client.import_contacts(group, tmp_path / "contacts.csv")
        assert tracemalloc.get_traced_memory()[1] < 20 << 20
    finally:
        tracemalloc.stop()
