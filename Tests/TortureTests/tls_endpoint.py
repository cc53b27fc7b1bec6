"""An HTTPS endpoint with a certificate that it signed itself, in front of an HTTP one.

    python tls_endpoint.py PORT DIRECTORY

writes DIRECTORY/certificate.pem (for `localhost` and 127.0.0.1), prints its own port as JSON, and hands every
connection's bytes on to 127.0.0.1:PORT until its parent ends.
"""

import sys

from authority import self_signed
from connections import accept_each_securely, connect
from parent import serve_until_parent_ends

target, directory = int(sys.argv[1]), sys.argv[2]
serve_until_parent_ends({"port": accept_each_securely(lambda secure: connect(secure, target), *self_signed(directory))})
