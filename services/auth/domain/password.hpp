// Password: what is known and stored of a password, which is all but itself. A value.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "libs/base/bytes.hpp"
#include "libs/crypto/password_hash.hpp"

namespace sotto::auth {

// What makes a digest slow to try. `hint`: 8 bits of another keyed digest, so that of wrong passwords 255 of 256 are
// known to be wrong without hardening anything. Who has stolen both database and key saves that factor, too.
struct Hardening {
  crypto::PasswordSalt salt{};
  std::uint8_t hint = 0;
  friend bool operator==(const Hardening&, const Hardening&) = default;
};

// By what a password is recognised. `digest` is keyed with a key that is derived from the ring's key `key_id`.
struct Verifier {
  std::uint16_t key_id = 0;
  // Of a generated password (256 random bits): the keyed digest. Of a chosen one: the hardened digest of that.
  Secret<32> digest;
  std::optional<Hardening> hardened;  // of a chosen password
  friend bool operator==(const Verifier&, const Verifier&) = default;
};

// The numbers are stored.
enum class PasswordState : std::uint8_t {
  active = 0,
  superseded = 1,  // rotated away: valid until it expires
  revoked = 2,
};

struct Password {
  std::string id;     // 16 hexadecimal digits, random; not secret
  std::string label;  // of one password that is active, and of those that it superseded
  PasswordState state = PasswordState::active;
  std::int64_t created = 0;       // all times: seconds since 1970
  std::int64_t not_before = 0;    // 0: from its creation on
  std::int64_t expires = 0;       // 0: never
  std::uint32_t daily_limit = 0;  // queues a day (UTC); 0: any number
  std::string successor_id;       // of a superseded one
  Verifier verifier;
  // How it was used.
  std::uint64_t uses = 0;     // queues created with it
  std::int64_t last_day = 0;  // days since 1970; 0: never used
  std::uint64_t uses_that_day = 0;
  friend bool operator==(const Password&, const Password&) = default;
};

struct Policy {
  bool new_queues = true;
  bool proxy = true;
  std::vector<std::string> proxy_destinations;  // see backend::ProxyDestinations; empty: all
  friend bool operator==(const Policy&, const Policy&) = default;
};

// Whether it may be used at this time (seconds since 1970), its daily limit apart.
inline bool is_valid(const Password& password, std::int64_t now) {
  return password.state != PasswordState::revoked && password.not_before <= now &&
         (password.expires == 0 || now < password.expires);
}

// Days since 1970, UTC.
inline std::int64_t day_of(std::int64_t seconds) {
  return seconds / 86400;
}

}  // namespace sotto::auth
