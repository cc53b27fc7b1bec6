#!/usr/bin/env python3
"""Certificates to begin with, for the fuzzer: `certificate_seeds.py DIRECTORY`, from the system's bundle, where there
is one, and two that openssl makes. The first byte of each says whether it is PEM or DER."""

import base64
import pathlib
import re
import subprocess
import sys

directory = pathlib.Path(sys.argv[1])
directory.mkdir(parents=True, exist_ok=True)
text = "# Two\n\n"
for kind in ("rsa:2048", "ed25519"):
    text += subprocess.run(["openssl", "req", "-x509", "-newkey", kind, "-nodes", "-keyout", "/dev/null", "-subj",
                            "/C=DE/O=Acme \u00fc+OU=x/CN=Root", "-utf8"], check=True, capture_output=True,
                           text=True).stdout
systems = map(pathlib.Path, ["/etc/pki/tls/certs/ca-bundle.crt", "/etc/ssl/certs/ca-certificates.crt"])
everything = text + next((path.read_text() for path in systems if path.exists()), "")
blocks = re.findall(r"-----BEGIN CERTIFICATE-----\n.*?-----END CERTIFICATE-----\n", everything, re.S)
(directory / "text").write_bytes(b"\0" + text.encode())
for number, block in enumerate(blocks):
    one = base64.b64decode("".join(block.split("\n")[1:-2]))
    (directory / f"{number}.pem").write_bytes(b"\0" + block.encode())
    (directory / f"{number}.der").write_bytes(b"\xff" + one)
    (directory / f"{number}.twice").write_bytes(b"\x7f" + one + one)
