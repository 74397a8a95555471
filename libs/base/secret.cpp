#include "libs/base/secret.hpp"

#include <string.h>  // explicit_bzero is POSIX, not in <cstring>'s namespace

namespace sotto {

void wipe(MutableByteView bytes) {
  if (!bytes.empty()) ::explicit_bzero(bytes.data(), bytes.size());
}

bool constant_time_equal(ByteView a, ByteView b) {
  if (a.size() != b.size()) return false;
  volatile std::uint8_t difference = 0;
  for (std::size_t i = 0; i < a.size(); ++i) {
    difference = static_cast<std::uint8_t>(difference | (a[i] ^ b[i]));
  }
  return difference == 0;
}

SecretString& SecretString::operator=(const SecretString& other) {
  if (this != &other) {
    clear();
    text_ = other.text_;
  }
  return *this;
}

SecretString& SecretString::operator=(SecretString&& other) noexcept {
  if (this != &other) {
    clear();
    text_ = std::move(other.text_);
    other.clear();
  }
  return *this;
}

void SecretString::clear() {
  // A moved-from or short text may keep its characters in the object itself: wipe the whole capacity.
  text_.resize(text_.capacity());
  wipe({reinterpret_cast<std::uint8_t*>(text_.data()), text_.size()});
  text_.clear();
}

}  // namespace sotto
