"""A Coda on loopback: `server` answers, `contract` is what its API accepts, `vendor` is the vendor's document."""
