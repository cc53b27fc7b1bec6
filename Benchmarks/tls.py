"""Certificates as S3 has them, and a bundle of authorities as large as a system's."""

import pathlib
import subprocess

SYSTEMS = ["/etc/pki/tls/certs/ca-bundle.crt", "/etc/ssl/certs/ca-certificates.crt", "/etc/ssl/cert.pem"]


def certificates(folder):
    """Paths of the server's chain and key, for `localhost`, and of the bundle: an authority signed an intermediate
    certificate, which the server sends along, and the bundle ends with the authority."""
    folder = pathlib.Path(folder)

    def openssl(*arguments):
        subprocess.run(["openssl", *arguments], cwd=folder, check=True, capture_output=True)

    def authority(name):
        openssl("req", "-x509", "-newkey", "rsa:2048", "-nodes", "-keyout", f"{name}.key", "-out", f"{name}.pem",
                "-days", "2", "-subj", f"/O=Benchmark/CN=Root {name}")

    def signed(name, by, extensions):
        openssl("req", "-newkey", "rsa:2048", "-nodes", "-keyout", f"{name}.key", "-out", f"{name}.csr",
                "-subj", f"/O=Benchmark/CN={name}")
        (folder / "extensions").write_text(extensions)
        openssl("x509", "-req", "-in", f"{name}.csr", "-CA", f"{by}.pem", "-CAkey", f"{by}.key", "-CAcreateserial",
                "-days", "2", "-extfile", "extensions", "-out", f"{name}.pem")

    def text(name):
        return (folder / f"{name}.pem").read_text()

    authority("root")
    signed("intermediate", "root", "basicConstraints=critical,CA:true")
    signed("server", "intermediate", "subjectAltName=DNS:localhost")
    known = next((path for path in map(pathlib.Path, SYSTEMS) if path.exists()), None)
    if known:
        others = known.read_text()
    else:
        for number in range(140):
            authority(str(number))
        others = "".join(text(str(number)) for number in range(140))
    (folder / "chain.pem").write_text(text("server") + text("intermediate"))
    (folder / "bundle.pem").write_text(others + text("root"))
    return folder / "chain.pem", folder / "server.key", folder / "bundle.pem"
