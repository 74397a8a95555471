// The cryptographic floor: CPU time of the cryptography that a message's life cannot do without, measured on this
// machine now. A message's life is five blocks (SEND in, OK out, MSG out, ACK in, OK out): 5 TLS records, 5 block
// boxes, 5 key steps, 1 body box, 1 SHA-512 of the SEND (X25519 sender, cached secret) and 1 Ed25519 verification
// (ACK).
#pragma once

#include <string>
#include <vector>

namespace sotto::bench {

struct FloorPart {
  std::string what;
  double microseconds = 0;  // of one
  int count = 0;            // in a message's life
};
struct Floor {
  std::vector<FloorPart> parts;
  [[nodiscard]] double total() const;
  [[nodiscard]] double of(const std::string& what) const;
};
Floor measure_floor();

}  // namespace sotto::bench
