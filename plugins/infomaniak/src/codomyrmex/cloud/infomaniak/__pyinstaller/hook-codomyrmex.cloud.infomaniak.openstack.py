"""Freeze the files that openstacksdk and what it needs read at import."""

from PyInstaller.utils.hooks import collect_data_files

datas = collect_data_files("openstack") + collect_data_files("os_service_types")
