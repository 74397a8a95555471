// The cryptographic floor: CPU time of the cryptography that a message's life cannot do without, measured on this
// machine now. A life is five blocks (SEND in, OK out, MSG out, ACK in, OK out), each a TLS record and, where blocks
// are encrypted, a block box and a key step; 1 body box; and what the keys of the two parties ask for: 1 SHA-512 of the
// SEND for an X25519 key (its secret is cached), 1 verification for a key that signs. Boxes are libsodium's, which are
// dearer than ours: the floor is what libraries take as they come (docs/adr/0005-wide-boxes.md).
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "libs/crypto/keys.hpp"

namespace sotto::bench {

struct FloorPart {
  std::string what;
  double microseconds = 0;  // of one
  double count = 0;         // in a message's life
};
struct Floor {
  std::vector<FloorPart> parts;
  [[nodiscard]] double total() const;
};

// What a message's life consists of.
struct Life {
  crypto::KeyKind recipient_key = crypto::KeyKind::ed25519;
  std::optional<crypto::KeyKind> sender_key = crypto::KeyKind::x25519;  // nothing: queues are not secured
  bool encrypted_blocks = true;
  bool delivered = true;       // else it ends with the OK of the SEND
  double sends_per_block = 1;  // and so many OKs in a block
};

// Takes about a quarter of a second.
Floor measure_floor(const Life& life = {});

}  // namespace sotto::bench
