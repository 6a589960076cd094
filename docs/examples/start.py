from codomyrmex.cloud import CloudProvider, get_client, open_storage

storage = get_client(CloudProvider.LOCAL)
storage.ensure_bucket("photos")
storage.upload_file("photos", "2026/hello.txt", b"hello")
storage.upload_path("photos", "code/start.py", __file__, metadata={"from": "the docs"})
for info in storage.iter_objects("photos"):
    print(info.key, info.size, info.content_type)
print(open_storage("local://photos").download_file("photos", "2026/hello.txt"))
print(storage.generate_presigned_url("photos", "2026/hello.txt", expires_in=900))
