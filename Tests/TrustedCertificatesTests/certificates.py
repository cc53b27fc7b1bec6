"""Certificates for the tests, each of a kind that a look-up by subject could get wrong.

    python certificates.py random SEED   prints {"authorities": [PEM], "leaves": [PEM]}
    python certificates.py serve FOLDER  writes bundles to FOLDER, serves TLS for each case until its parent ends, and
                                         prints [{"name", "port", "bundle", "trusted", "refusal"}]
"""

import datetime
import json
import pathlib
import random
import sys

from connections import accept_each_securely
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.name import _ASN1Type as Kind
from cryptography.x509.oid import NameOID
from parent import serve_until_parent_ends

NOW = datetime.datetime.now(datetime.timezone.utc).replace(tzinfo=None)
DAY = datetime.timedelta(days=1)


def name(*values, kind=None):
    """Of an organization and a common name, as strings of `kind`."""
    oids = (NameOID.ORGANIZATION_NAME, NameOID.COMMON_NAME)[-len(values):]
    return x509.Name([x509.NameAttribute(oid, value, kind or Kind.UTF8String) for oid, value in zip(oids, values)])


def key():
    return ec.generate_private_key(ec.SECP256R1())


def certificate(subject, own, issuer, signer, *, begins=-1, ends=30, authority=True, hosts=(), identifiers=True):
    builder = (x509.CertificateBuilder().subject_name(subject).issuer_name(issuer).public_key(own.public_key())
               .serial_number(x509.random_serial_number())
               .not_valid_before(NOW + begins * DAY).not_valid_after(NOW + ends * DAY)
               .add_extension(x509.BasicConstraints(ca=authority, path_length=None), critical=True))
    if identifiers:
        builder = (builder.add_extension(x509.SubjectKeyIdentifier.from_public_key(own.public_key()), critical=False)
                   .add_extension(x509.AuthorityKeyIdentifier.from_issuer_public_key(signer.public_key()),
                                  critical=False))
    if hosts:
        builder = builder.add_extension(x509.SubjectAlternativeName([x509.DNSName(host) for host in hosts]),
                                        critical=False)
    return builder.sign(signer, hashes.SHA256())


def pem(*certificates):
    return "".join(each.public_bytes(serialization.Encoding.PEM).decode() for each in certificates)


# --- Random ones ------------------------------------------------------------------------------------------------

def written_otherwise(base, chance):
    """A name that OpenSSL may hold to be equal to `base`, or just not."""
    attributes = []
    for oid, value in base:
        kind = Kind.UTF8String
        if chance.random() < 0.4:
            kind = chance.choice([Kind.PrintableString, Kind.BMPString, Kind.T61String, Kind.IA5String])
        if chance.random() < 0.3:
            value = chance.choice([value.upper(), value.lower(), value.swapcase()])
        if chance.random() < 0.2:
            value = chance.choice([" " + value, value + "  ", value.replace(" ", "   ")])
        if chance.random() < 0.1:
            value = chance.choice([value.replace(" ", "-"), value.replace(" ", ""), value + "."])
        if chance.random() < 0.1 and kind in (Kind.UTF8String, Kind.BMPString):
            value = value.replace("o", "ö")
        attributes.append(x509.NameAttribute(oid, value, kind))
    if chance.random() < 0.1:
        attributes.reverse()
    if chance.random() < 0.1:
        return x509.Name([x509.RelativeDistinguishedName(attributes)])
    return x509.Name(attributes)


def random_ones(seed):
    chance = random.Random(seed)
    names = [[(NameOID.ORGANIZATION_NAME, "Acme Trust Co"), (NameOID.COMMON_NAME, f"Root no {number}")]
             for number in range(30)]
    keys = [key() for _ in range(10)]
    made = []

    def make(authority, hosts=()):
        own, base = chance.choice(keys), chance.choice(names)
        subject, issuer, signer = written_otherwise(base, chance), None, own
        if made and (not authority or chance.random() < 0.4):
            base, signer = chance.choice(made)[:2]
            issuer = written_otherwise(base, chance)
        begins, ends = chance.choice(4 * [(-9, 30)] + [(-9, -1), (-9, -2), (3, 30)])
        if not authority:
            base, subject = None, name(f"leaf {chance.random()}")
        made_one = certificate(
            subject, own, issuer or subject, signer, begins=begins, ends=ends, hosts=hosts,
            authority=authority and chance.random() < 0.95, identifiers=chance.random() < 0.5)
        return base, own, made_one

    for _ in range(90):
        made.append(make(True))
    leaves = [make(False, [chance.choice(["host.test", "host.test", "other.test"])])[2] for _ in range(60)]
    print(json.dumps({"authorities": [pem(each[2]) for each in made], "leaves": [pem(leaf) for leaf in leaves]}))


# --- Those of one case each -------------------------------------------------------------------------------------

class Case:
    """A server's certificate for localhost, those that it sends along, and the bundle."""

    def __init__(self, name, trusted, leaf, own, sent, bundle, refusal=None):
        self.name, self.trusted, self.leaf, self.own, self.sent, self.bundle = name, trusted, leaf, own, sent, bundle
        self.refusal = refusal


def cases():
    root_key, other_key, old_key, middle_key, own = (key() for _ in range(5))
    root_name = name("Acme", "Root CA")
    root = certificate(root_name, root_key, root_name, root_key)
    other_name = name("Acme", "Another Root")
    other = certificate(other_name, other_key, other_name, other_key)
    old_name = name("Acme", "Old Root")
    old = certificate(old_name, old_key, old_name, old_key)
    middle_name = name("Acme", "Issuing CA")
    middle = certificate(middle_name, middle_key, root_name, root_key)
    crossed = certificate(root_name, root_key, old_name, old_key)
    twin_key = key()
    twin = certificate(root_name, twin_key, root_name, twin_key)
    expired = certificate(root_name, root_key, root_name, root_key, begins=-9, ends=-1)
    crowd = []
    for number in range(299):
        crowd_key, crowd_name = key(), name("Acme", f"Root of the crowd {number}")
        crowd.append(certificate(crowd_name, crowd_key, crowd_name, crowd_key))

    def leaf(issuer=root_name, signer=root_key, hosts=("localhost",), **more):
        return certificate(name("localhost"), own, issuer, signer, authority=False, hosts=hosts, **more)

    direct, through = leaf(), leaf(middle_name, middle_key)
    its_own = certificate(name("localhost"), own, name("localhost"), own, authority=False, hosts=["localhost"])
    yield Case("one certificate", True, direct, own, [], [root])
    yield Case("three hundred certificates", True, direct, own, [], crowd[:150] + [root] + crowd[150:])
    yield Case("an intermediate that the server sends", True, through, own, [middle], [other, root])
    yield Case("an intermediate that nobody sends", False, through, own, [], [other, root])
    yield Case("an intermediate that is trusted itself", True, through, own, [], [other, middle])
    yield Case("a certificate that is trusted itself", True, direct, own, [], [other, direct])
    yield Case("one that signed itself and is trusted", True, its_own, own, [], [other, its_own])
    yield Case("one that signed itself and is not", False, its_own, own, [], [other])
    yield Case("an unknown authority", False, direct, own, [], [other, old])
    yield Case("an unknown authority that the server sends", False, direct, own, [root], [other, old])
    yield Case("an authority that has expired", False, direct, own, [], [other, expired])
    yield Case("the same authority, expired and renewed", True, direct, own, [], [expired, other, root])
    yield Case("a certificate that has expired", False, leaf(begins=-9, ends=-1), own, [], [root])
    yield Case("a certificate of tomorrow", False, leaf(begins=1), own, [], [root])
    yield Case("a certificate for another host", False, leaf(hosts=["other.test"]), own, [], [root])
    yield Case("a cross-signed chain, to the new root", True, through, own, [middle, crossed], [other, root])
    yield Case("a cross-signed chain, to the old root", True, through, own, [middle, crossed], [other, old])
    yield Case("a cross-signed chain, to neither", False, through, own, [middle, crossed], [other])
    yield from name_cases(leaf, direct, own, root, twin, other)


def name_cases(leaf, direct, own, root, twin, other):
    """Where names alone tell authorities apart, or do not."""
    unnamed = leaf(identifiers=False)
    yield Case("a namesake of the authority", False, direct, own, [], [other, twin])
    yield Case("the authority before its namesake", True, direct, own, [], [root, twin])
    yield Case("the authority after its namesake", True, direct, own, [], [twin, other, root])
    yield Case("the authority before its namesake, by name alone", True, unnamed, own, [], [root, twin])
    yield Case("the authority after its namesake, by name alone", False, unnamed, own, [], [twin, other, root],
               "broken")  # OpenSSL tries the first of them alone, and speaks of its signature
    yield Case("the issuer in capitals", True, leaf(name("ACME", "ROOT CA")), own, [], [other, root])
    yield Case("the issuer with more spaces", True, leaf(name(" Acme ", "Root   CA")), own, [], [other, root])
    yield Case("the issuer in printable characters", True, leaf(name("Acme", "Root CA", kind=Kind.PrintableString)),
               own, [], [other, root])
    yield Case("the issuer in wide characters", True, leaf(name("Acme", "Root CA", kind=Kind.BMPString)), own, [],
               [other, root])
    yield Case("the issuer with a dash", False, leaf(name("Acme", "Root-CA")), own, [], [other, root])


def serve(folder):
    folder, answers = pathlib.Path(folder), []
    for number, case in enumerate(cases()):
        chain, secret, bundle = (folder / f"{number}.{end}" for end in ("chain", "key", "pem"))
        chain.write_text(pem(case.leaf, *case.sent))
        secret.write_bytes(case.own.private_bytes(
            serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()))
        bundle.write_text(pem(*case.bundle))
        answers.append({"name": case.name, "trusted": case.trusted, "refusal": case.refusal, "bundle": str(bundle),
                        "port": accept_each_securely(answer, chain, secret)})
    serve_until_parent_ends(answers)


def answer(secure):
    """To one request."""
    with secure:
        if b"\r\n\r\n" in secure.recv(65536):
            secure.sendall(b"HTTP/1.1 200 OK\r\nConnection: close\r\nContent-Length: 2\r\nSession: %s\r\n\r\nok"
                           % (b"resumed" if secure.session_reused else b"new"))


if __name__ == "__main__":
    {"random": random_ones, "serve": serve}[sys.argv[1]](sys.argv[2])
