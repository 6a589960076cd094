"""What the tests of several distributions share, and the benchmarks with them.

| here | is |
|---|---|
| `coda_document`, `newsletter_document` | the vendors' OpenAPI documents |
| `documents` | what the page on testing says of our servers, and its examples |
| `distributions` | real small distributions: write the project, build the wheel, unpack it |
| `matrix` | many cases of one kind, several at once, each with a service behind a relay |
| `memory` | the peak memory of a process |
| `pages` | an OpenStack service that answers in small pages |
| `project` | a client, an image and a network in a project of the OpenStack lab |
| `relay` | between a client and a service: breaks an exchange in any way a network or a gateway can |
| `vendor_document` | a vendor's OpenAPI document as a judge of requests |

What one folder needs alone lies in that folder.
"""
