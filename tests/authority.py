"""A company's certificate authority of the tests' own, and the servers that it vouches for."""

from __future__ import annotations

import datetime as dt
import ipaddress
import itertools
import ssl
from pathlib import Path
from typing import Any

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec

_DAY = dt.timedelta(days=1)


class Authority:
    """`file`: its certificate, to be trusted. Its servers' files lie beside it."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._numbers = itertools.count()
        self._key = ec.generate_private_key(ec.SECP256R1())
        self._name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, "Example Company Inspection")])
        made = self._begun(self._name, self._key, x509.BasicConstraints(ca=True, path_length=None)).sign(self._key, hashes.SHA256())
        self.file = folder / "authority.pem"
        self.file.write_bytes(made.public_bytes(serialization.Encoding.PEM))

    def server(self, name: str, *, days: tuple[int, int] = (-1, 1), self_signed: bool = False) -> ssl.SSLContext:
        """What a server needs to show a certificate for `name`, a host or an address, valid from one day to another, counted from today."""
        key = ec.generate_private_key(ec.SECP256R1())
        subject = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, "server")])
        try:
            alternative: x509.GeneralName = x509.IPAddress(ipaddress.ip_address(name))
        except ValueError:
            alternative = x509.DNSName(name)
        begun = self._begun(subject, key, x509.BasicConstraints(ca=False, path_length=None), days, subject if self_signed else self._name)
        made = begun.add_extension(x509.SubjectAlternativeName([alternative]), critical=False)
        signed = made.sign(key if self_signed else self._key, hashes.SHA256())
        file = self._folder / f"server{next(self._numbers)}.pem"
        private = key.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
        file.write_bytes(private + signed.public_bytes(serialization.Encoding.PEM))
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(file)
        return context

    def _begun(
        self, subject: x509.Name, key: Any, kind: x509.BasicConstraints, days: tuple[int, int] = (-1, 1), issuer: x509.Name | None = None
    ) -> x509.CertificateBuilder:
        now = dt.datetime.now(dt.UTC)
        return (
            x509.CertificateBuilder()
            .subject_name(subject)
            .issuer_name(issuer or self._name)
            .public_key(key.public_key())
            .serial_number(x509.random_serial_number())
            .not_valid_before(now + days[0] * _DAY)
            .not_valid_after(now + days[1] * _DAY)
            .add_extension(kind, critical=True)
        )
