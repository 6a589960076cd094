"""A file of contacts is read in the encoding that it has, or the user is asked for it."""

import logging

import pytest

EMAIL = "person{}@example.org"
NAMES = {
    "German": ["Jürg Bösch", "Käthe Löw", "Rüdiger Weiß"],
    "French": ["Léa Gérard", "Aurélie Bâle", "Grégoire Lefrançois"],
    "Italian": ["Niccolò Forlì", "Mosè Dalmà", "Tomà Perù"],
    "Spanish": ["Íñigo Peña", "Inés Cañizares", "Joaquín Guzmán"],
    "Portuguese": ["João Simões", "Conceição Galvão", "Tomás Patrício"],
    "Danish": ["Søren Nørgård", "Mærsk Kjærgaard", "Bjørk Lærke"],
    "Irish": ["O’Neill O’Brien", "D’Arcy", "O’Hara"],  # noqa: RUF001 - as Word writes an apostrophe
    "Hungarian": ["Erdős Szőke", "Tőke Pál", "Gyűrű Örs"],
    "Hungarian, two words": ["Örs Szőke"],
    "French, one word": ["Élodie"],
    "Polish": ["Jarosław Błaszczyk", "Zdzisława Gągała", "Wacław Śliwiński"],
    "Czech": ["Oldřich Dvořáček", "Bořivoj Žižka", "Přemysl Dušek", "Růžena Jiříčková"],
    "Russian": ["Фёдор Михайлов", "Юрий Гагарин", "Анна Ахматова"],
    "Greek": ["Σοφία Αλεξίου", "Χρήστος Μακρής", "Βασίλης Καραγιάννης"],
    "Japanese": ["東京 一郎", "ひらがな さん", "カタカナ 山本"],
    "Chinese": ["李小龙 先生", "北京 上海", "赵云 女士"],
}
LEGACY = [
    *[(language, encoding) for language in ("German", "French", "Italian", "Spanish")
      for encoding in ("cp1252", "mac_roman", "iso8859-15")],
    ("Portuguese", "cp1252"), ("Danish", "cp1252"), ("Irish", "cp1252"), ("Irish", "mac_roman"),
    ("Hungarian, two words", "cp1250"), ("French, one word", "cp1252"), ("French, one word", "mac_roman"),
    ("Hungarian", "cp1250"), ("Polish", "cp1250"), ("Czech", "cp1250"), ("Russian", "cp1251"),
    ("Greek", "cp1253"),
]  # fmt: skip
NEED_MORE = [("Japanese", "shift_jis"), ("Chinese", "gb18030")]


def contacts(language, times=1):
    return [(EMAIL.format(n), name) for n, name in enumerate(NAMES[language] * times)]


@pytest.fixture
def group(service):
    return service.add_group()


@pytest.fixture
def names(client, service, group, tmp_path):
    """``names(contacts, encoding)``: the names in the service of those imported from a file in this encoding."""

    def names(rows, written_in, *, mark=b"", **options):
        file = tmp_path / "contacts.csv"
        text = "email;firstname\r\n" + "".join(f"{email};{name}\r\n" for email, name in rows)
        file.write_bytes(mark + text.encode(written_in))
        result = client.import_contacts(group, file, **options)
        assert (result["imported"], result["failed"]) == (len(rows), [])
        return [(email, member["fields"].get("firstname")) for email, member in service.members(group).items()]

    return names


@pytest.mark.parametrize("language", NAMES)
@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "utf-16-le", "utf-16-be", "utf-32", "utf-32-le"])
def test_every_utf_is_found(names, caplog, language, encoding):
    assert names(contacts(language), encoding) == contacts(language)
    assert caplog.records == []


@pytest.mark.parametrize(("mark", "encoding"), [(b"\xfe\xff", "utf-16-be"), (b"\0\0\xfe\xff", "utf-32-be")])
def test_a_mark_tells_the_order_of_bytes(names, mark, encoding):
    assert names(contacts("French"), encoding, mark=mark) == contacts("French")


@pytest.mark.parametrize("times", [1, 30])
@pytest.mark.parametrize(("language", "encoding"), LEGACY)
def test_the_encoding_of_three_names_is_found_and_logged(names, caplog, language, encoding, times):
    rows = contacts(language, times)
    with caplog.at_level(logging.WARNING):
        assert names(rows, encoding) == rows
    [message] = [record.getMessage() for record in caplog.records if "UTF-8" in record.getMessage()]
    assert "contacts.csv is not in UTF-8, as line 2 shows" in message
    assert "give encoding=" in message
    assert not any(part in message for _, name in rows for part in name.split())


@pytest.mark.parametrize(("language", "encoding"), NEED_MORE + LEGACY)
def test_an_encoding_that_is_named_is_taken(names, caplog, language, encoding):
    assert names(contacts(language), encoding, encoding=encoding) == contacts(language)
    assert caplog.records == []


@pytest.mark.parametrize("content", [
    "a@example.org;Ирина".encode("cp855"), "a@example.org;Jürg".encode("cp437"), b"a@example.org;\xff\xfe\xfd",
    "a@example.org;Müller Jérôme\nb@example.org;Zoë\nc@example.org;Bösch".encode("cp850"),
    "a@example.org;سلمى أحمد\nb@example.org;محمد علي\nc@example.org;فاطمة".encode("cp1256"),
    "a@example.org;伊藤".encode("euc_jp"), "a@example.org;Jürg\nb@example.org;".encode() + "Léa".encode("cp1252"),
], ids=["DOS, Cyrillic", "DOS", "none", "DOS, French", "Arabic", "one Japanese name", "two encodings"])  # fmt: skip
def test_what_is_not_sure_is_asked_for(client, service, group, tmp_path, content):
    file = tmp_path / "contacts.csv"
    file.write_bytes(b"email;firstname\n" + content)
    with pytest.raises(ValueError, match=r"contacts.csv is not in UTF-8, as line \d shows.* give encoding="):
        client.import_contacts(group, file)
    assert service.requests == []


@pytest.mark.parametrize("encoding", ["cp9999", "rot13", "base64", "", "a\0b"])
def test_an_encoding_that_does_not_exist_is_refused_at_once(client, service, group, tmp_path, encoding):
    (tmp_path / "contacts.csv").write_text("email\na@example.org\n")
    with pytest.raises(ValueError, match="is none that Python knows"):
        client.import_contacts(group, tmp_path / "contacts.csv", encoding=encoding)
    assert service.requests == []


@pytest.mark.parametrize(("encoding", "end"), [("ascii", "\n"), ("utf-8", "\r\n"), ("cp1253", "\r")])
def test_a_byte_that_the_named_encoding_has_not_is_told_with_its_line(client, service, group, tmp_path, encoding, end):
    rows = ["email,firstname", *(f"p{n}@example.org,P" for n in range(200_000)), "a@example.org,\xd2x"]
    (tmp_path / "contacts.csv").write_bytes(end.join(rows).encode("latin-1"))
    with pytest.raises(ValueError, match=rf"line 200002, cannot be read in {encoding}"):
        client.import_contacts(group, tmp_path / "contacts.csv", encoding=encoding)
    assert service.requests == []


@pytest.mark.parametrize("content", ["utf-16", "utf-16-le"])
def test_a_byte_that_is_wrong_in_utf_16_is_told_with_its_line(client, group, tmp_path, content):
    (tmp_path / "contacts.csv").write_bytes("email\na@example.org\nb@example.org\n".encode(content)[:-3])
    with pytest.raises(ValueError, match=r"line 3, cannot be read in utf-16"):
        client.import_contacts(group, tmp_path / "contacts.csv")


def test_a_character_that_is_at_the_end_of_a_megabyte_is_whole(client, service, group, tmp_path):
    file, name = tmp_path / "contacts.csv", "王小明"
    rows = [f"p{n}@example.org,{'x' * 100_000}\r\n" for n in range(10)]
    start = ("email,note\r\n" + "".join(rows)).encode()
    row = b"a@example.org,"
    filled = b"," + b"x" * ((1 << 20) - len(start) - len(row) - len(b",\r\n") - 1) + b"\r\n"
    file.write_bytes(start + filled + row + "\r\nb@example.org,".join([name, "李建国", "张伟"]).encode("gb18030"))
    assert file.read_bytes()[: 1 << 20].endswith(name.encode("gb18030")[:1])
    client.import_contacts(group, file)
    assert service.members(group)["a@example.org"]["fields"] == {"note": name}


@pytest.mark.parametrize("encoding", ["utf-8", "utf-16-le"])
def test_the_files_own_mark_counts_more_than_another_utf(names, encoding):
    assert names(contacts("French"), "utf-16", encoding=encoding) == contacts("French")


def test_a_name_that_the_files_own_mark_contradicts_is_refused(client, group, tmp_path):
    (tmp_path / "contacts.csv").write_text("email\na@example.org\n", encoding="utf-8-sig")
    with pytest.raises(ValueError, match="begins with the mark of utf-8: leave out encoding='cp1252'"):
        client.import_contacts(group, tmp_path / "contacts.csv", encoding="cp1252")
