"""The deployed binary, whose OpenSSL has fewer algorithms than Debian's, with each kind of server that it must reach.

    python kinds_of_tls.py BOOTSTRAP

stores a record with a server of each kind of key, curve, cipher and version of TLS.
"""

import pathlib
import ssl
import sys
import tempfile

sys.path[:0] = [str(pathlib.Path(__file__).resolve().parents[2] / "Benchmarks"),
                str(pathlib.Path(__file__).resolve().parents[1] / "TestParts/python")]
from authority import Authority  # noqa: E402
from batches import Batches  # noqa: E402
from host import Function  # noqa: E402
from sink import Sink  # noqa: E402

binary = pathlib.Path(sys.argv[1]).resolve()
EC = ["-newkey", "ec", "-pkeyopt"]
KEYS = {
    "RSA-2048": ["-newkey", "rsa:2048"], "RSA-4096, SHA-512": ["-newkey", "rsa:4096", "-sha512"],
    "RSA-PSS": ["-newkey", "rsa-pss"], "P-256": [*EC, "ec_paramgen_curve:P-256"],
    "P-384, SHA-384": [*EC, "ec_paramgen_curve:P-384", "-sha384"], "P-521": [*EC, "ec_paramgen_curve:P-521"],
    "Ed25519": ["-newkey", "ed25519"],
}
OLDER = {
    "RSA-2048": ["ECDHE-RSA-AES128-GCM-SHA256", "ECDHE-RSA-AES256-GCM-SHA384", "ECDHE-RSA-CHACHA20-POLY1305",
                 "ECDHE-RSA-AES128-SHA256", "ECDHE-RSA-AES256-SHA384", "ECDHE-RSA-AES128-SHA", "AES128-GCM-SHA256",
                 "AES256-SHA256"],
    "P-256": ["ECDHE-ECDSA-AES128-GCM-SHA256", "ECDHE-ECDSA-AES256-SHA384", "ECDHE-ECDSA-CHACHA20-POLY1305"],
}
CURVES = ["X25519", "prime256v1", "secp384r1", "secp521r1"]


def main():
    with tempfile.TemporaryDirectory() as folder:
        for number, (name, kind) in enumerate(KEYS.items()):
            authority = Authority(folder, f"authority-{number}", kind)
            server, key = authority.signed(f"server-{number}", ["localhost"])
            check(f"a key of {name}, TLS 1.3", authority, server, key)
            for cipher in OLDER.get(name, []):
                check(f"{cipher}, TLS 1.2", authority, server, key, lambda context: older(context, cipher))
            for curve in CURVES if name == "P-256" else []:
                check(f"a key exchange by {curve}", authority, server, key,
                      lambda context: context.set_ecdh_curve(curve))


def older(context, cipher):
    context.maximum_version = ssl.TLSVersion.TLSv1_2
    context.set_ciphers(cipher)


def check(what, authority, server, key, prepare=None):
    sink = Sink(server, key, prepare)
    try:
        function = Function([str(binary)], {
            "AWS_REGION": "eu-central-1", "AWS_ACCESS_KEY_ID": "key", "AWS_SECRET_ACCESS_KEY": "secret",
            "INGESTION_BUCKET": "ingestion", "AWS_ENDPOINT_URL": f"https://localhost:{sink.port}",
            "AWS_CA_BUNDLE": str(authority.certificate)})
        function.invoke(Batches(1).next())
        function.stop()
        objects = sink.counts()["objects"]
    except SystemExit as failure:
        sys.exit(f"    FAILED: {what}: {failure}")
    finally:
        sink.stop()
    if objects != 1:
        sys.exit(f"    FAILED: {what}: {objects} objects are stored instead of one")
    print(f"    ok: {what}", flush=True)


main()
