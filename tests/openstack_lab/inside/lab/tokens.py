"""What services remember of tokens: else each request costs keystone's, for its token and for that of a service."""

import os


class RememberTokens:
    """A WSGI application that gives its keystonemiddleware a cache, by the name that ``cache`` in its settings says."""

    def __init__(self, application, lab_folder):
        self.application = application
        self.tokens = Tokens(os.path.join(lab_folder, "revoked"))

    def __call__(self, environ, start_response):
        environ["lab.tokens"] = self.tokens
        return self.application(environ, start_response)


class Tokens:
    """The tokens that were valid, until one is revoked: the file ``revoked`` grows then, and all are forgotten."""

    def __init__(self, revoked):
        self._revoked = revoked
        self._size = 0
        self._validated = {}

    def get(self, key):
        size = os.path.getsize(self._revoked) if os.path.exists(self._revoked) else 0
        if size != self._size:
            self._validated = {}
            self._size = size
        return self._validated.get(key)

    def set(self, key, value, time):
        self._validated[key] = value
