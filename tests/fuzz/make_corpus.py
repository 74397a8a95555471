#!/usr/bin/env python3
"""Writes the fuzzer's first inputs from the protocol's test vectors.

make_corpus.py VECTORS_FOLDER SEEDS_FOLDER

The inputs of the target fuzz_parsers go to SEEDS_FOLDER/parsers.

An input is a letter for the parser, the protocol version counted from 6 as one byte, and the bytes to parse
(tests/fuzz/fuzz.cpp). File names are digests of the contents, so running again adds nothing twice.
"""

import base64
import hashlib
import json
import pathlib
import sys

FIRST_VERSION = 6
LAST_VERSION = 20


class Corpus:
    def __init__(self, folder):
        self.folder = folder
        self.folder.mkdir(parents=True, exist_ok=True)

    def add(self, letter, data, version=LAST_VERSION):
        content = letter.encode() + bytes([version - FIRST_VERSION]) + data
        (self.folder / hashlib.sha1(content).hexdigest()).write_bytes(content)

    def add_hex(self, letter, text, version=LAST_VERSION):
        self.add(letter, bytes.fromhex(text), version)


def commands_and_responses(vectors, corpus):
    for file, letter in (("commands", "c"), ("responses", "r")):
        for vector in vectors(file)[file]:
            for version, text in vector["encoded"].items():
                corpus.add_hex(letter, text, int(version))
    for vector in vectors("responses")["responses"]:
        for text in vector["encoded"].values():
            data = bytes.fromhex(text)
            if data.startswith(b"ERR "):
                corpus.add("e", data[4:])
    for word in ("BLOCK", "VERSION", "HANDSHAKE PARSE", "HANDSHAKE BAD_SERVICE"):
        corpus.add("e", word.encode())
    corpus.add("c", b"RSLV name.simplex")
    corpus.add("r", b'RNAME {"name":"value"}')
    hello = vectors("server-hello")
    certificates = [bytes.fromhex(text) for text in hello["certificates_der"]]
    signed_key = large(bytes.fromhex(hello["signed_key"]))
    corpus.add("r", b"PKEY \x20" + bytes(32) + b"\x00\x06\x00\x14" + chain(certificates) + signed_key)


def transmissions(vectors, corpus):
    v = vectors("transmissions")
    forms = {
        "v6_ed25519": (6,),
        "v7_to_v15_ed25519": (7, 15),
        "v16_ed25519_no_service": (16, 20),
        "v16_x25519_no_service": (16, 20),
        "v16_unsigned_ping": (7, 16, 20),
    }
    for name, versions in forms.items():
        for version in versions:
            corpus.add_hex("t", v[name], version)
            text = bytes.fromhex(v[name])
            corpus.add("b", b"\x02" + large(text) + large(text), version)
    corpus.add_hex("t", v["v16_service"]["transmission"], 16)
    corpus.add_hex("b", v["block_content_of_one"], 16)


def handshakes(vectors, corpus):
    v = vectors("server-hello")
    corpus.add_hex("S", v["content"])
    corpus.add("S", b"\x00\x06\x00\x06\x20" + bytes(32))
    key = b"\x2c" + bytes.fromhex(vectors("crypto")["x25519"]["a_public"])
    fingerprint = b"\x20" + bytes(32)
    certificates = [bytes.fromhex(text) for text in v["certificates_der"]]
    service = b"1M" + chain(certificates) + large(bytes.fromhex(v["signed_key"]))
    forms = ((6, b""), (7, key), (14, key + b"T"), (16, key + b"F0"), (20, key + b"F" + service), (20, b"F0"))
    for version, rest in forms:
        corpus.add("C", version.to_bytes(2, "big") + fingerprint + rest)
    corpus.add("R", b"R\x18" + bytes(24))
    corpus.add("R", b"EHANDSHAKE BAD_SERVICE")


def addresses(vectors, corpus):
    v = vectors("addresses")
    for address in v["accepted"] + v["candidates_for_refusal"]:
        corpus.add("a", address["address"].encode())
    onion = "jjbyvoemxysm7qxap7m5d5m35jzv5qq6gnlv7s4rsn7tdwwmuqciwpid.onion"
    for host in ("example.com", "127.0.0.1", "[2001:db8::1]", "2001:db8::1", onion):
        corpus.add("a", host.encode())


def layers(vectors, corpus):
    v = vectors("proxy")
    plain = b"\x18" + bytes.fromhex(v["client_corr_id"]) + b"\x00\x11\x2c" + bytes.fromhex(v["client_one_time_public"])
    corpus.add("f", plain + bytes.fromhex(v["inner"]))
    corpus.add("f", b"\x18" + bytes.fromhex(v["client_corr_id"]) + bytes.fromhex(v["response_inner"]))
    time = (1700000000).to_bytes(8, "big")
    corpus.add("d", time + b"T hello")
    corpus.add("d", b"QUOTA " + time)
    corpus.add("d", b"\x18" + bytes(24) + time)
    corpus.add("d", b"\x00\x0a" + time + b"T ")


def keys_and_certificates(vectors, corpus):
    v = vectors("crypto")
    for field in ("a_public", "a_private"):
        corpus.add_hex("k", v["x25519"][field])
    for kind in ("ed25519", "ed448"):
        for field in ("public", "private"):
            corpus.add_hex("k", v[kind][field])
    corpus.add("s", bytes.fromhex(v["signed_session_key"]["signed_key_s16"])[2:])
    for text in vectors("server-hello")["certificates_der"]:
        corpus.add_hex("x", text)
        corpus.add("p", pem("CERTIFICATE", bytes.fromhex(text)))
    for kind in ("ed25519", "ed448"):
        corpus.add("p", pem("PRIVATE KEY", bytes.fromhex(v[kind]["private"])))


def large(data):
    return len(data).to_bytes(2, "big") + data


def chain(certificates):
    return bytes([len(certificates)]) + b"".join(large(c) for c in certificates)


def pem(label, der):
    return f"-----BEGIN {label}-----\n".encode() + base64.encodebytes(der) + f"-----END {label}-----\n".encode()


def main():
    if len(sys.argv) != 3:
        sys.exit(__doc__)
    folder = pathlib.Path(sys.argv[1])

    def vectors(name):
        return json.loads((folder / f"{name}.json").read_text())

    corpus = Corpus(pathlib.Path(sys.argv[2]) / "parsers")
    for part in (commands_and_responses, transmissions, handshakes, addresses, layers, keys_and_certificates):
        part(vectors, corpus)


if __name__ == "__main__":
    main()
