// The primitives of the wire: w16, i64, s8, s16, opt, bool, list, tail (docs/wire.md, "Notation"). A Reader views the
// bytes it was given; a Writer appends to a buffer that it does not own. One thread at a time.
#pragma once

#include <cstdint>
#include <optional>

#include "libs/base/bytes.hpp"
#include "libs/crypto/keys.hpp"

namespace sotto::smp {

// Reads from the front of a view. After the first failure every read fails and ok() is false: a parser may read all
// its fields and ask once. All results view the bytes given to the constructor, which must outlive them.
class Reader {
 public:
  explicit Reader(ByteView bytes) : rest_(bytes) {}

  [[nodiscard]] bool ok() const { return ok_; }
  // Read all and nothing failed.
  [[nodiscard]] bool done() const { return ok_ && rest_.empty(); }
  [[nodiscard]] std::size_t remaining() const { return rest_.size(); }

  std::uint8_t u8();
  std::uint16_t w16();
  std::int64_t i64();
  ByteView take(std::size_t count);
  ByteView s8();
  ByteView s16();
  ByteView tail();
  // ASCII `T` or `F`.
  bool boolean();
  // ASCII `1` (true: the value follows) or `0`.
  bool opt();
  // Exactly this character.
  void expect(char c);
  // The next byte without taking it; 0 when there is none.
  [[nodiscard]] std::uint8_t peek() const { return rest_.empty() ? std::uint8_t{0} : rest_.front(); }
  // s8(DER SubjectPublicKeyInfo); nothing (and failed) for what is not a key.
  std::optional<crypto::PublicKey> key();
  // As key(), of one kind only.
  std::optional<crypto::PublicKey> key(crypto::KeyKind kind);
  void fail() { ok_ = false; }

 private:
  ByteView rest_;
  bool ok_ = true;
};

class Writer {
 public:
  // `out` must outlive the writer.
  explicit Writer(Bytes& out) : out_(out) {}

  void u8(std::uint8_t value);
  void w16(std::uint16_t value);
  void i64(std::int64_t value);
  void raw(ByteView bytes);
  void text(std::string_view text);
  // Precondition: at most 255 bytes.
  void s8(ByteView bytes);
  // Precondition: at most 65535 bytes.
  void s16(ByteView bytes);
  void boolean(bool value);
  // `1` or `0`; the caller writes the value after `1`.
  void opt(bool present);
  void key(const crypto::PublicKey& key);
  [[nodiscard]] Bytes& buffer() { return out_; }

 private:
  Bytes& out_;
};

}  // namespace sotto::smp
