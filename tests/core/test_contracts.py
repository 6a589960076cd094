import inspect

import pytest
from codomyrmex.cloud.common import ComputeClient, ServerlessClient, StorageClient

STORAGE = {
    "list_buckets": [],
    "create_bucket": ["name"],
    "upload_file": ["bucket", "key", "data", ("content_type", None)],
    "download_file": ["bucket", "key"],
    "delete_file": ["bucket", "key"],
    "generate_presigned_url": ["bucket", "key", ("expires_in", 3600)],
}
COMPUTE = {
    "list_instances": [],
    "create_instance": ["name", "instance_type", "image_id", "**kwargs"],
    "start_instance": ["instance_id"],
    "stop_instance": ["instance_id"],
    "terminate_instance": ["instance_id"],
}
SERVERLESS = {
    "list_functions": [],
    "create_function": ["name", "runtime", "handler", "code_path", "**kwargs"],
    "invoke_function": ["function_name", "payload"],
    "delete_function": ["function_name"],
}
CONTRACTS = [(StorageClient, STORAGE), (ComputeClient, COMPUTE), (ServerlessClient, SERVERLESS)]
METHODS = [(contract, name, methods[name]) for contract, methods in CONTRACTS for name in methods]


def parameters(method):
    found = list(inspect.signature(method).parameters.values())[1:]
    for p in found:
        assert p.kind in (p.POSITIONAL_OR_KEYWORD, p.VAR_KEYWORD)
    return [
        f"**{p.name}" if p.kind is p.VAR_KEYWORD else p.name if p.default is p.empty else (p.name, p.default)
        for p in found
    ]


@pytest.mark.parametrize(("contract", "methods"), CONTRACTS)
def test_the_abstract_methods_are_exactly_the_specs(contract, methods):
    assert contract.__abstractmethods__ == set(methods)


@pytest.mark.parametrize(("contract", "name", "expected"), METHODS)
def test_a_contracts_method_takes_what_the_spec_says(contract, name, expected):
    assert parameters(getattr(contract, name)) == expected


@pytest.mark.parametrize(
    ("method", "result"),
    [
        (StorageClient.list_buckets, "list[str]"),
        (StorageClient.create_bucket, "bool"),
        (StorageClient.upload_file, "str"),
        (StorageClient.download_file, "bytes"),
        (StorageClient.delete_file, "bool"),
        (StorageClient.generate_presigned_url, "str"),
        (ComputeClient.list_instances, "list[dict[str, Any]]"),
        (ComputeClient.create_instance, "dict[str, Any]"),
        (ComputeClient.start_instance, "bool"),
        (ComputeClient.stop_instance, "bool"),
        (ComputeClient.terminate_instance, "bool"),
        (ServerlessClient.list_functions, "list[dict[str, Any]]"),
        (ServerlessClient.create_function, "dict[str, Any]"),
        (ServerlessClient.invoke_function, "dict[str, Any]"),
        (ServerlessClient.delete_function, "bool"),
    ],
)
def test_a_contracts_method_gives_what_the_spec_says(method, result):
    assert inspect.signature(method).return_annotation == result


@pytest.mark.parametrize(("contract", "methods"), CONTRACTS)
def test_a_client_that_lacks_one_method_cannot_be_made(contract, methods):
    for missing in methods:
        given = {name: lambda self, *args, **kwargs: None for name in methods if name != missing}
        with pytest.raises(TypeError, match=missing):
            type("Partial", (contract,), given)()


@pytest.mark.parametrize(("contract", "methods"), CONTRACTS)
def test_a_client_with_the_specs_methods_alone_can_be_made(contract, methods):
    assert type("Whole", (contract,), {name: lambda self, *args, **kwargs: None for name in methods})()


@pytest.mark.parametrize(
    ("contract", "service"),
    [(StorageClient, "storage"), (ComputeClient, "compute"), (ServerlessClient, "serverless")],
)
def test_a_contract_names_its_service(contract, service):
    assert contract.service == service


def test_the_common_module_offers_all_of_spec_section_6():
    from codomyrmex.cloud import common

    spec = "CloudProvider ResourceType CloudCredentials CloudResource StorageClient ComputeClient ServerlessClient"
    assert all(hasattr(common, name) for name in spec.split())
