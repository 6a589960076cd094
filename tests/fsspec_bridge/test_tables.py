"""The libraries that read and write tables by fsspec, over this machine, an S3 server, and a stranger's storage."""

from contextlib import closing
from uuid import uuid4

import fsspec
import pandas as pd
import pytest

TABLE = pd.DataFrame({"n": range(1000), "word": [f"ant {n}" for n in range(1000)]})


@pytest.fixture(params=["local", "seven", pytest.param("aws", id="moto")])
def place(request, monkeypatch):
    """A folder's URL, and its file system; what leads to the server is in the environment."""
    if request.param == "aws":
        for name, value in request.getfixturevalue("moto_server").environment().items():
            monkeypatch.setenv(name, value)
    fs = fsspec.filesystem(f"cloud+{request.param}")
    bucket = f"bucket-{uuid4()}"
    fs.mkdir(bucket)
    return f"{fs.protocol}://{bucket}/tables", fs


@pytest.mark.parametrize("name", ["ants.csv", "ants.csv.gz"])
def test_pandas_csv(place, name):
    url, _ = place
    TABLE.to_csv(f"{url}/{name}", index=False)
    pd.testing.assert_frame_equal(pd.read_csv(f"{url}/{name}"), TABLE)


def test_pandas_parquet(place):
    url, _ = place
    TABLE.to_parquet(f"{url}/ants.parquet")
    read = pd.read_parquet(f"{url}/ants.parquet", columns=["n"])
    pd.testing.assert_frame_equal(read, TABLE[["n"]])


def test_pandas_parquet_in_partitions(place):
    url, _ = place
    TABLE.assign(k=TABLE.n % 3).to_parquet(f"{url}/parts", partition_cols=["k"])
    assert sorted(pd.read_parquet(f"{url}/parts").n) == list(TABLE.n)


def test_storage_options_are_those_of_the_provider(s3_options):
    fs = fsspec.filesystem("cloud+aws", **s3_options)
    fs.mkdir(bucket := f"bucket-{uuid4()}")
    for name in ("ants.csv", "ants.parquet"):
        url = f"cloud+aws://{bucket}/{name}"
        write, read = (TABLE.to_csv, pd.read_csv) if name.endswith("csv") else (TABLE.to_parquet, pd.read_parquet)
        write(url, index=False, storage_options=s3_options)
        pd.testing.assert_frame_equal(read(url, storage_options=s3_options), TABLE)


def test_pyarrow_datasets(place):
    from pyarrow import dataset

    url, fs = place
    TABLE.to_parquet(f"{url}/k=1/ants.parquet", filesystem=fs)
    found = dataset.dataset(fs._strip_protocol(url), filesystem=fs, partitioning="hive")
    assert found.count_rows() == 1000


@pytest.mark.filterwarnings("ignore:The inplace keyword")  # of pandas, which Dask uses
def test_dask(place):
    import dask
    import dask.dataframe as dd

    url, _ = place
    with dask.config.set(scheduler="threads"):
        dd.from_pandas(TABLE, npartitions=3).to_parquet(f"{url}/ants")
        pd.testing.assert_frame_equal(dd.read_parquet(f"{url}/ants").compute(), TABLE, check_dtype=False)
        dd.from_pandas(TABLE, npartitions=3).to_csv(f"{url}/ants-*.csv", index=False)
        assert len(dd.read_csv(f"{url}/ants-*.csv", blocksize=4000)) == 1000


def test_polars_by_open_files(place):
    import polars as pl

    url, _ = place
    with fsspec.open(f"{url}/ants.parquet", "wb") as file:
        pl.from_pandas(TABLE).write_parquet(file)
    with fsspec.open(f"{url}/ants.parquet") as file:
        assert pl.read_parquet(file, columns=["n"]).height == 1000
    with fsspec.open(f"{url}/ants.parquet") as file:
        assert pl.scan_parquet(file).filter(pl.col("n") < 10).collect().height == 10


def test_duckdb_by_a_registered_file_system(place):
    import duckdb

    url, fs = place
    with closing(duckdb.connect()) as db:
        db.register_filesystem(fs)
        db.execute(f"copy (select * from range(1000) t(n)) to '{url}/one.parquet'")
        db.execute(f"copy (select * from range(1000) t(n)) to '{url}/two.parquet'")
        assert db.execute(f"select count(*), sum(n) from '{url}/*.parquet'").fetchall() == [(2000, 999_000)]
        db.execute(f"copy (select 1 a) to '{url}/one.csv'")
        assert db.execute(f"select a from read_csv('{url}/one.csv')").fetchall() == [(1,)]
