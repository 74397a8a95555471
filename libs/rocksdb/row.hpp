// RowWriter and RowReader: the bytes of keys and values in the embedded store. Numbers are big-endian, so that keys
// sort as their numbers do; every value starts with a format version (docs/storage.md). Plain values, one thread at a
// time.
#pragma once

#include <array>
#include <cstdint>
#include <string_view>

#include "libs/base/bytes.hpp"

namespace sotto::rocks {

class RowWriter {
 public:
  RowWriter() = default;
  // A value: starts with its format version.
  explicit RowWriter(std::uint8_t version) { u8(version); }

  RowWriter& u8(std::uint8_t value) {
    bytes_.push_back(value);
    return *this;
  }
  RowWriter& u16(std::uint16_t value) { return number(value, 2); }
  RowWriter& u32(std::uint32_t value) { return number(value, 4); }
  RowWriter& u64(std::uint64_t value) { return number(value, 8); }
  // Two's complement with the sign bit turned, so that negative numbers sort before positive ones.
  RowWriter& i64(std::int64_t value) { return u64(static_cast<std::uint64_t>(value) ^ kSignBit); }
  RowWriter& raw(ByteView bytes) {
    append(bytes_, bytes);
    return *this;
  }
  // 32-bit length, then the bytes.
  RowWriter& sized(ByteView bytes) { return u32(static_cast<std::uint32_t>(bytes.size())).raw(bytes); }

  // Views what was written; valid until the next write.
  [[nodiscard]] ByteView view() const { return bytes_; }

  static constexpr std::uint64_t kSignBit = std::uint64_t{1} << 63U;

 private:
  RowWriter& number(std::uint64_t value, unsigned size) {
    for (unsigned i = size; i-- > 0;) bytes_.push_back(static_cast<std::uint8_t>(value >> (8U * i)));
    return *this;
  }
  Bytes bytes_;
};

// Reads what RowWriter wrote. A read beyond the end yields zeros (or an empty view) and makes finish() fail, so a
// decoder reads all fields first and asks once.
class RowReader {
 public:
  // `bytes` must outlive the reader.
  explicit RowReader(ByteView bytes) : left_(bytes) {}

  std::uint8_t u8() { return static_cast<std::uint8_t>(number(1)); }
  std::uint16_t u16() { return static_cast<std::uint16_t>(number(2)); }
  std::uint32_t u32() { return static_cast<std::uint32_t>(number(4)); }
  std::uint64_t u64() { return number(8); }
  std::int64_t i64() { return static_cast<std::int64_t>(number(8) ^ RowWriter::kSignBit); }
  // Views into the bytes read.
  ByteView raw(std::size_t size) {
    if (size > left_.size()) {
      short_ = true;
      left_ = {};
      return {};
    }
    const ByteView out = left_.first(size);
    left_ = left_.subspan(size);
    return out;
  }
  ByteView sized() { return raw(u32()); }
  template <std::size_t N>
  std::array<std::uint8_t, N> array() {
    std::array<std::uint8_t, N> out{};
    const ByteView bytes = raw(N);
    std::copy(bytes.begin(), bytes.end(), out.begin());
    return out;
  }
  // All that is left.
  ByteView rest() { return raw(left_.size()); }

  // unavailable when the version byte is not `known`; `what` names the kind of row in the message.
  Status version(std::uint8_t known, std::string_view what) {
    const std::uint8_t found = u8();
    if (short_) return damaged(what);
    if (found == known) return ok_status();
    return Error{ErrorCode::unavailable, std::string(what) + " in the data directory has format " +
                                             std::to_string(found) + "; this program knows format " +
                                             std::to_string(known)};
  }
  // unavailable when fields were missing or bytes are left over.
  [[nodiscard]] Status finish(std::string_view what) const {
    if (short_ || !left_.empty()) return damaged(what);
    return ok_status();
  }
  static Error damaged(std::string_view what) {
    return Error{ErrorCode::unavailable, std::string(what) + " in the data directory is damaged"};
  }

 private:
  std::uint64_t number(std::size_t size) {
    std::uint64_t value = 0;
    for (const std::uint8_t byte : raw(size)) value = (value << 8U) | byte;
    return value;
  }
  ByteView left_;
  bool short_ = false;
};

}  // namespace sotto::rocks
