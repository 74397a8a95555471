// Key rings for tests of passwords.
#pragma once

#include <string>

#include "libs/crypto/key_ring.hpp"
#include "libs/crypto/random.hpp"

namespace sotto::auth {

// Random keys with these ids, the first of them current.
inline crypto::KeyRing test_keys(std::initializer_list<std::uint16_t> ids = {1}) {
  crypto::initialise();
  std::string text;
  for (const auto id : ids) text += crypto::KeyRing::generate_line(id) + "\n";
  return *crypto::KeyRing::parse(text);
}

}  // namespace sotto::auth
