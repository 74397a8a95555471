// X.509 as the protocol uses it: an identity (CA) certificate whose SHA-256 is the server's fingerprint, an online
// leaf certificate under it, and X25519 session keys signed by the leaf key. Values and pure functions; any thread.
#pragma once

#include <array>
#include <string>
#include <string_view>
#include <vector>

#include "libs/base/bytes.hpp"
#include "libs/base/clock.hpp"
#include "libs/crypto/keys.hpp"

namespace sotto::crypto {

using Fingerprint = std::array<std::uint8_t, 32>;

// One certificate, parsed far enough for the protocol. Times beyond SystemTime (the year 2262) are its limits.
struct Certificate {
  Bytes der;
  std::string subject_common_name;
  SystemTime not_before;
  SystemTime not_after;
};

Result<Certificate> parse_certificate(ByteView der);
// SHA-256 of the DER.
Fingerprint fingerprint(ByteView certificate_der);
// The subject's public key; invalid_argument when it is not Ed25519 or Ed448 (or cannot be parsed).
Result<PublicKey> certificate_key(ByteView certificate_der);

// PEM text with one or more certificates, in file order → DERs. invalid_argument when there is none.
Result<std::vector<Bytes>> certificates_from_pem(std::string_view pem);
std::string certificate_to_pem(ByteView der);
// PKCS#8 PEM ("PRIVATE KEY"), unencrypted; Ed25519 or Ed448.
Result<PrivateKey> private_key_from_pem(std::string_view pem);
SecretString private_key_to_pem(const PrivateKey& key);

// Leaf first. Checks length 2..4, that each certificate is issued (by name and signature) by the next, a CA, and the
// last by itself, and the dates of all at `now`. unauthenticated with the reason otherwise. Does not check host names:
// the fingerprint is the identity.
Status verify_server_chain(const std::vector<Bytes>& chain, SystemTime now);
// The certificate that carries the identity: the second of two or three, of four also the second (the chain is leaf,
// identity, …); precondition: verify_server_chain passed.
Fingerprint identity_fingerprint(const std::vector<Bytes>& chain);

// An identity is valid from this long before it was made: the clocks of who makes it, who loads it and who is shown it
// differ, and a clock that is set right may step back.
inline constexpr std::chrono::hours kClockTolerance{1};

// What the reference tool gives its certificates, in days: until the year 4764 or so.
inline constexpr int kIdentityDays = 999'999;

// A new identity as the reference tool makes it: CA "CN=SMP server CA, O=SimpleX", leaf "CN=<host>", practically no
// expiry (docs/wire.md section 3). `kind` is ed25519 or ed448 for both keys.
struct NewIdentity {
  Bytes ca_certificate;
  PrivateKey ca_key;
  Bytes leaf_certificate;
  PrivateKey leaf_key;
};
Result<NewIdentity> make_identity(KeyKind kind, const std::string& common_name, SystemTime now);
// A further leaf under the CA of an identity, as make_identity() makes the first one.
struct LeafRequest {
  PublicKey key;
  std::string common_name;
  int days = kIdentityDays;  // that it is valid, from kClockTolerance ago
};
// conflict: `ca_key` is not the key of `ca_certificate`. invalid_argument: that is no certificate of a kind that can
// sign, or as for make_identity().
Result<Bytes> make_leaf(const LeafRequest& request, ByteView ca_certificate, const PrivateKey& ca_key, SystemTime now);
// A self-signed CA certificate (service clients, tests). invalid_argument for an X25519 key or a common name that is
// empty, longer than 64 characters or not UTF-8; make_identity the same.
Result<Bytes> make_self_signed(const PrivateKey& key, const std::string& common_name, SystemTime now,
                               std::chrono::seconds lifetime);

// SEQUENCE { SEQUENCE { SubjectPublicKeyInfo }, AlgorithmIdentifier, BIT STRING signature }; the signature is over the
// DER of the inner SEQUENCE, its header included. Precondition: a signing key as `signer`.
Bytes make_signed_key(const PublicKey& key, const PrivateKey& signer);
// The key inside when the signature by `signer` is right; unauthenticated when not; invalid_argument when unparsable.
Result<PublicKey> open_signed_key(ByteView signed_key, const PublicKey& signer);

}  // namespace sotto::crypto
