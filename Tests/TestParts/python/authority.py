"""Certificates by openssl: `Authority`, and such as are their own authority."""

import pathlib
import subprocess

CURVE = ["-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256"]
RSA = ["-newkey", "rsa:2048"]


class Authority:
    """A CA whose files are FOLDER/NAME.pem and FOLDER/NAME.key."""

    def __init__(self, folder, name, kind=CURVE):
        self.folder, self.name, self.kind = pathlib.Path(folder), name, kind
        self.folder.mkdir(exist_ok=True)
        self.certificate, self.key = self._files(name)
        openssl(self.folder, "req", "-x509", *kind, "-nodes", "-keyout", self.key, "-out", self.certificate,
                "-days", "2", "-subj", f"/O=Tests/CN={name}")

    def signed(self, name, hosts):
        """Files of a server's certificate, and of its key."""
        return self._sign(name, "subjectAltName=" + ",".join("DNS:" + host for host in hosts))

    def intermediate(self, name):
        """An authority that this one has signed."""
        made = Authority.__new__(Authority)
        made.folder, made.name, made.kind = self.folder, name, self.kind
        made.certificate, made.key = self._sign(name, "basicConstraints=critical,CA:true")
        return made

    def _files(self, name):
        return self.folder / f"{name}.pem", self.folder / f"{name}.key"

    def _sign(self, name, extension):
        certificate, key = self._files(name)
        request, extensions = self.folder / f"{name}.csr", self.folder / f"{name}.extensions"
        extensions.write_text(extension)
        openssl(self.folder, "req", *self.kind, "-nodes", "-keyout", key, "-out", request, "-subj",
                f"/O=Tests/CN={name}")
        openssl(self.folder, "x509", "-req", "-in", request, "-CA", self.certificate, "-CAkey", self.key,
                "-CAcreateserial", "-days", "2", "-extfile", extensions, "-out", certificate)
        return certificate, key


def self_signed(folder):
    """Files of a certificate for localhost and 127.0.0.1 that is its own authority, and of its key."""
    certificate, key = pathlib.Path(folder, "certificate.pem"), pathlib.Path(folder, "key.pem")
    openssl(folder, "req", "-x509", *CURVE, "-nodes", "-days", "2", "-subj", "/CN=localhost",
            "-addext", "subjectAltName=DNS:localhost,IP:127.0.0.1", "-keyout", key, "-out", certificate)
    return certificate, key


def openssl(folder, *arguments):
    subprocess.run(["openssl", *arguments], cwd=folder, check=True, capture_output=True)
