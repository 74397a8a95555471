// Session keys signed by the online key of a server or by the key of a service (docs/wire.md section 5). On the wire
// the SubjectPublicKeyInfo stands in a SEQUENCE of its own, and the signature covers that SEQUENCE.

#include "libs/crypto/certificate.hpp"

namespace sotto::crypto {
namespace {

constexpr std::uint8_t kSequence = 0x30;
constexpr std::uint8_t kBitString = 0x03;

// AlgorithmIdentifier of a signature: an OID and no parameters (RFC 8410).
constexpr std::array<std::uint8_t, 7> kEd25519Algorithm{0x30, 0x05, 0x06, 0x03, 0x2b, 0x65, 0x70};
constexpr std::array<std::uint8_t, 7> kEd448Algorithm{0x30, 0x05, 0x06, 0x03, 0x2b, 0x65, 0x71};

ByteView algorithm(KeyKind kind) {
  return kind == KeyKind::ed25519 ? kEd25519Algorithm : kEd448Algorithm;
}

// Everything here is shorter than 256 bytes, so a length has one byte, or two: 0x81 and one from 0x80 up.
void append_header(Bytes& out, std::uint8_t tag, std::size_t size) {
  out.push_back(tag);
  if (size >= 0x80U) out.push_back(0x81);
  out.push_back(static_cast<std::uint8_t>(size));
}

struct Element {
  ByteView whole;
  ByteView content;
};

// Takes one element with `tag` from the front of `in`; nothing when there is none or its length is not minimal DER.
std::optional<Element> take(ByteView& in, std::uint8_t tag) {
  if (in.size() < 2 || in[0] != tag) return std::nullopt;
  std::size_t header = 2;
  std::size_t size = in[1];
  if (size == 0x81U) {
    if (in.size() < 3 || in[2] < 0x80U) return std::nullopt;
    header = 3;
    size = in[2];
  } else if (size >= 0x80U) {
    return std::nullopt;
  }
  if (in.size() < header + size) return std::nullopt;
  const Element element{in.first(header + size), in.subspan(header, size)};
  in = in.subspan(header + size);
  return element;
}

}  // namespace

Bytes make_signed_key(const PublicKey& key, const PrivateKey& signer) {
  const Bytes spki = key.der();
  Bytes content;
  append_header(content, kSequence, spki.size());
  append(content, spki);
  const Bytes signature = sign(signer, content);
  append(content, algorithm(signer.kind()));
  append_header(content, kBitString, signature.size() + 1);
  content.push_back(0);  // no unused bits
  append(content, signature);

  Bytes out;
  append_header(out, kSequence, content.size());
  append(out, content);
  return out;
}

Result<PublicKey> open_signed_key(ByteView signed_key, const PublicKey& signer) {
  const Error unparsable{ErrorCode::invalid_argument, "not the DER of a signed key"};
  const auto outer = take(signed_key, kSequence);
  if (!outer || !signed_key.empty()) return unparsable;
  ByteView rest = outer->content;
  const auto object = take(rest, kSequence);
  const auto used_algorithm = take(rest, kSequence);
  const auto signature = take(rest, kBitString);
  if (!object || !used_algorithm || !signature || !rest.empty()) return unparsable;
  if (signature->content.empty() || signature->content[0] != 0) return unparsable;
  Result<PublicKey> key = PublicKey::from_der(object->content);
  if (!key.ok()) return key;

  if (signer.kind() == KeyKind::x25519 || !equal(used_algorithm->whole, algorithm(signer.kind())) ||
      !verify(signer, object->whole, signature->content.subspan(1))) {
    return Error{ErrorCode::unauthenticated, "the signature of the session key is wrong"};
  }
  return key;
}

}  // namespace sotto::crypto
