// PasswordHasher: makes verifiers of passwords and recognises passwords by them, with keys that are derived from a key
// ring (the platform keys, or the password key of a standalone server). Constant after construction: any thread.
#pragma once

#include <cstdint>
#include <string_view>
#include <vector>

#include "libs/base/result.hpp"
#include "libs/base/secret.hpp"
#include "libs/crypto/key_ring.hpp"
#include "services/auth/domain/password.hpp"

namespace sotto::auth {

enum class Strength : std::uint8_t { generated, chosen };

// A password that came, as its keyed digests. Some microseconds to make.
struct PresentedPassword {
  struct Digests {
    std::uint16_t key_id = 0;
    Secret<32> digest;
    std::uint8_t hint = 0;
  };
  std::vector<Digests> by_key;
  // Null: there is no such key.
  [[nodiscard]] const Digests* under(std::uint16_t key_id) const;
};

class PasswordHasher {
 public:
  explicit PasswordHasher(const crypto::KeyRing& ring);

  // With the ring's first key. For a chosen password some 100 ms of CPU. exhausted: no memory for it.
  [[nodiscard]] Result<Verifier> make(std::string_view password, Strength strength) const;
  [[nodiscard]] bool has_key(const Verifier& verifier) const;

  [[nodiscard]] PresentedPassword present(ByteView password) const;

 private:
  struct Keys {
    std::uint16_t id;
    Secret<32> digest;
    Secret<32> hint;
  };
  std::vector<Keys> keys_;  // at least one
};

enum class Match : std::uint8_t {
  no,
  yes,
  perhaps,  // of a chosen password: verify() tells
};
Match match(const Verifier& verifier, const PresentedPassword& presented);

// Of a chosen password: hardens what was presented. As costly as PasswordHasher::make().
Result<bool> verify(const Verifier& verifier, const PresentedPassword::Digests& presented);

}  // namespace sotto::auth
