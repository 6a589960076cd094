from codomyrmex.cloud import CloudProvider, get_client, open_storage

storage = get_client(CloudProvider.LOCAL)
storage.ensure_bucket("photos")
storage.upload_file("photos", "2026/hello.txt", b"hello")
for info in storage.iter_objects("photos"):
    print(info.key, info.size, info.content_type)

print(open_storage("local://photos").download_file("photos", "2026/hello.txt"))
# `cloud serve` answers this URL
print(storage.generate_presigned_url("photos", "2026/hello.txt", expires_in=900))
