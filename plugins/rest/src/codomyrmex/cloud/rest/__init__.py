"""What providers for REST services have alike, for authors of providers.

- `codomyrmex.cloud.rest.bodies`: downloads that go on where their connection broke
- `codomyrmex.cloud.rest.parts`: streams in the parts of an upload
- `codomyrmex.cloud.rest.parallel`: several requests at a time, in order and in bounded memory
- `codomyrmex.cloud.rest.headers`: texts that no header can hold
- `codomyrmex.cloud.rest.retries`: how long to wait before a request is sent again, and Retry-After
- `codomyrmex.cloud.rest.polling`: asking again for what a service does later, with an end
- `codomyrmex.cloud.rest.statuses`: from the HTTP status to the error
- `codomyrmex.cloud.rest.redaction`: texts and URLs without the secrets in them
- `codomyrmex.cloud.rest.endpoints`: what can be the URL of a service
- `codomyrmex.cloud.rest.credentials`: what to say where there are none, and what can be a token
- `codomyrmex.cloud.rest.transport`: requests that are repeated where that does no harm (extra ``client``)
- `codomyrmex.cloud.rest.client`: what a client written with requests needs (extra ``client``)
- `codomyrmex.cloud.rest.rates`: rate limits kept on this side (extra ``client``)
"""
