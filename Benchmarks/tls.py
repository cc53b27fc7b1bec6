"""Certificates as S3 has them, and a bundle of authorities as large as a system's."""

import pathlib
import sys

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "Tests/TestParts/python"))
from authority import RSA, Authority  # noqa: E402

SYSTEMS = ["/etc/pki/tls/certs/ca-bundle.crt", "/etc/ssl/certs/ca-certificates.crt", "/etc/ssl/cert.pem"]


def certificates(folder):
    """Paths of the server's chain and key, for `localhost`, and of the bundle: an authority signed an intermediate
    certificate, which the server sends along, and the bundle ends with the authority."""
    folder = pathlib.Path(folder)
    root = Authority(folder, "root", RSA)
    intermediate = root.intermediate("intermediate")
    server, key = intermediate.signed("server", ["localhost"])
    known = next((path for path in map(pathlib.Path, SYSTEMS) if path.exists()), None)
    if known:
        others = known.read_text()
    else:
        others = "".join(Authority(folder, str(number), RSA).certificate.read_text() for number in range(140))
    (folder / "chain.pem").write_text(server.read_text() + intermediate.certificate.read_text())
    (folder / "bundle.pem").write_text(others + root.certificate.read_text())
    return folder / "chain.pem", key, folder / "bundle.pem"
