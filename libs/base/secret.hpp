// Secrets: bytes and text that are wiped when they go and that no stream, formatter or log can print. Owned by value;
// one thread at a time.
#pragma once

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <utility>

#include "libs/base/bytes.hpp"

namespace sotto {

// Overwrites memory in a way that the compiler keeps.
void wipe(MutableByteView bytes);

// Takes the same time for all contents of equal length; unequal lengths are unequal at once.
bool constant_time_equal(ByteView a, ByteView b);

// N secret bytes. Starts as zeros.
template <std::size_t N>
class Secret {
 public:
  static constexpr std::size_t size = N;

  Secret() = default;
  // Precondition: bytes.size() == N (a shorter view leaves zeros, a longer one is cut).
  explicit Secret(ByteView bytes) { std::copy_n(bytes.begin(), std::min(N, bytes.size()), bytes_.begin()); }
  Secret(const Secret&) = default;
  Secret& operator=(const Secret&) = default;
  Secret(Secret&& other) noexcept : bytes_(other.bytes_) { wipe(other.bytes_); }
  Secret& operator=(Secret&& other) noexcept {
    if (this != &other) {
      bytes_ = other.bytes_;
      wipe(other.bytes_);
    }
    return *this;
  }
  ~Secret() { wipe(bytes_); }

  // The bytes, for cryptography and for storage only. The view lives as long as the secret.
  [[nodiscard]] ByteView expose() const { return bytes_; }
  [[nodiscard]] MutableByteView expose_mutable() { return bytes_; }

  friend bool operator==(const Secret& a, const Secret& b) { return constant_time_equal(a.bytes_, b.bytes_); }

 private:
  std::array<std::uint8_t, N> bytes_{};
};

// A secret text, for example a password.
class SecretString {
 public:
  SecretString() = default;
  explicit SecretString(std::string text) : text_(std::move(text)) {}
  SecretString(const SecretString&) = default;
  SecretString& operator=(const SecretString& other);
  SecretString(SecretString&& other) noexcept : text_(std::move(other.text_)) { other.clear(); }
  SecretString& operator=(SecretString&& other) noexcept;
  ~SecretString() { clear(); }

  [[nodiscard]] bool empty() const { return text_.empty(); }
  [[nodiscard]] std::string_view expose() const { return text_; }

  friend bool operator==(const SecretString& a, const SecretString& b) {
    return constant_time_equal(as_bytes(a.text_), as_bytes(b.text_));
  }

 private:
  void clear();
  std::string text_;
};

}  // namespace sotto
