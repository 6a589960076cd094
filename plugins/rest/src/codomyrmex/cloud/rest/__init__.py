"""What providers for REST services have alike, for authors of providers.

- `codomyrmex.cloud.rest.bodies`: downloads that go on where their connection broke
- `codomyrmex.cloud.rest.parts`: streams in the parts of an upload
- `codomyrmex.cloud.rest.parallel`: several requests at a time, in order and in bounded memory
- `codomyrmex.cloud.rest.headers`: texts that no header can hold, and Retry-After
- `codomyrmex.cloud.rest.client`: what a client written with requests needs (extra ``client``)
- `codomyrmex.cloud.rest.rates`: rate limits kept on this side (extra ``client``)
"""
