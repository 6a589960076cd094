"""The libraries that read and write tables by fsspec, over this machine, an S3 server, and a stranger's storage."""

from contextlib import closing
from uuid import uuid4

import fsspec
import pandas as pd
import pytest
from codomyrmex.cloud import CloudCredentials

TABLE = pd.DataFrame({"n": range(1000), "word": [f"ant {n}" for n in range(1000)]})


@pytest.fixture(params=["local", "seven", pytest.param("aws", id="moto")])
def place(request, connect):
    """A folder's URL, the storage options that lead to it, and its file system."""
    protocol, options = connect(request.param)
    bucket = f"bucket-{uuid4()}"
    fs = fsspec.filesystem(protocol, **options)
    fs.mkdir(bucket)
    return f"{protocol}://{bucket}/tables", options, fs


@pytest.mark.parametrize("name", ["ants.csv", "ants.csv.gz"])
def test_pandas_csv(place, name):
    url, options, _ = place
    TABLE.to_csv(f"{url}/{name}", index=False, storage_options=options or None)
    pd.testing.assert_frame_equal(pd.read_csv(f"{url}/{name}", storage_options=options or None), TABLE)


def test_pandas_parquet(place):
    url, options, _ = place
    TABLE.to_parquet(f"{url}/ants.parquet", storage_options=options or None)
    read = pd.read_parquet(f"{url}/ants.parquet", columns=["n"], storage_options=options or None)
    pd.testing.assert_frame_equal(read, TABLE[["n"]])


def test_pandas_parquet_in_partitions(place):
    url, options, _ = place
    TABLE.assign(k=TABLE.n % 3).to_parquet(f"{url}/parts", partition_cols=["k"], storage_options=options or None)
    assert sorted(pd.read_parquet(f"{url}/parts", storage_options=options or None).n) == list(TABLE.n)


def test_pyarrow_datasets(place):
    from pyarrow import dataset

    url, _, fs = place
    TABLE.to_parquet(f"{url}/k=1/ants.parquet", filesystem=fs)
    found = dataset.dataset(fs._strip_protocol(url), filesystem=fs, partitioning="hive")
    assert found.count_rows() == 1000


def test_dask(place):
    import dask
    import dask.dataframe as dd

    url, options, _ = place
    options = {name: value for name, value in options.items() if not isinstance(value, CloudCredentials)}
    if options:
        pytest.skip("credentials come from the environment in `test_dask_on_s3`")
    with dask.config.set(scheduler="threads"):
        dd.from_pandas(TABLE, npartitions=3).to_parquet(f"{url}/ants")
        pd.testing.assert_frame_equal(dd.read_parquet(f"{url}/ants").compute(), TABLE, check_dtype=False)
        dd.from_pandas(TABLE, npartitions=3).to_csv(f"{url}/ants-*.csv", index=False)
        assert len(dd.read_csv(f"{url}/ants-*.csv", blocksize=4000)) == 1000


def test_polars_by_open_files(place):
    import polars as pl

    url, options, _ = place
    with fsspec.open(f"{url}/ants.parquet", "wb", **options) as file:
        pl.from_pandas(TABLE).write_parquet(file)
    with fsspec.open(f"{url}/ants.parquet", **options) as file:
        assert pl.read_parquet(file, columns=["n"]).height == 1000
    with fsspec.open(f"{url}/ants.parquet", **options) as file:
        assert pl.scan_parquet(file).filter(pl.col("n") < 10).collect().height == 10


def test_duckdb_by_a_registered_file_system(place):
    import duckdb

    url, _, fs = place
    with closing(duckdb.connect()) as db:
        db.register_filesystem(fs)
        db.execute(f"copy (select * from range(1000) t(n)) to '{url}/one.parquet'")
        db.execute(f"copy (select * from range(1000) t(n)) to '{url}/two.parquet'")
        assert db.execute(f"select count(*), sum(n) from '{url}/*.parquet'").fetchall() == [(2000, 999_000)]
        db.execute(f"copy (select 1 a) to '{url}/one.csv'")
        assert db.execute(f"select a from read_csv('{url}/one.csv')").fetchall() == [(1,)]
