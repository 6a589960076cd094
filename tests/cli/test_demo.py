def test_the_demo_does_the_whole_job_and_leaves_nothing(run, root, tmp_path):
    result = run("demo")
    assert result.code == 0
    for said in (
        "providers discovered: ",
        "bucket made",
        "uploaded",
        "listed",
        "fetched over HTTP",
        "refused, 403",
        "SHA-256",
    ):
        assert said in result.text
    assert not root.exists()


def test_the_demo_takes_a_folder_of_yours(run, tmp_path):
    (tmp_path / "mine").mkdir()
    (tmp_path / "mine" / "é x.txt").write_bytes(b"12345")
    assert run("demo", tmp_path / "mine", "--json").json == {"files": 1, "bytes": 5, "verified": True}
    (tmp_path / "empty").mkdir()
    assert run("demo", tmp_path / "empty").code == 2
