#include "libs/smp/encoding.hpp"

#include <cassert>
#include <limits>

namespace sotto::smp {

std::uint8_t Reader::u8() {
  const ByteView byte = take(1);
  return byte.empty() ? std::uint8_t{0} : byte[0];
}

std::uint16_t Reader::w16() {
  const ByteView bytes = take(2);
  if (bytes.empty()) return 0;
  return static_cast<std::uint16_t>((bytes[0] << 8) | bytes[1]);
}

std::int64_t Reader::i64() {
  const ByteView bytes = take(8);
  std::uint64_t value = 0;
  for (const auto byte : bytes) value = (value << 8U) | byte;
  return static_cast<std::int64_t>(value);
}

ByteView Reader::take(std::size_t count) {
  if (!ok_ || count > rest_.size()) {
    ok_ = false;
    return {};
  }
  const ByteView taken = rest_.first(count);
  rest_ = rest_.subspan(count);
  return taken;
}

ByteView Reader::s8() {
  return take(u8());
}

ByteView Reader::s16() {
  return take(w16());
}

ByteView Reader::tail() {
  return take(rest_.size());
}

bool Reader::boolean() {
  const auto byte = u8();
  if (byte != 'T' && byte != 'F') fail();
  return byte == 'T';
}

bool Reader::opt() {
  const auto byte = u8();
  if (byte != '1' && byte != '0') fail();
  return byte == '1';
}

void Reader::expect(char c) {
  if (u8() != static_cast<std::uint8_t>(c)) fail();
}

std::optional<crypto::PublicKey> Reader::key() {
  const ByteView der = s8();
  if (!ok_) return std::nullopt;
  auto key = crypto::PublicKey::from_der(der);
  if (!key) {
    fail();
    return std::nullopt;
  }
  return *key;
}

std::optional<crypto::PublicKey> Reader::key(crypto::KeyKind kind) {
  auto any = key();
  if (any && any->kind() != kind) {
    fail();
    return std::nullopt;
  }
  return any;
}

void Writer::u8(std::uint8_t value) {
  out_.push_back(value);
}

void Writer::w16(std::uint16_t value) {
  u8(static_cast<std::uint8_t>(value >> 8U));
  u8(static_cast<std::uint8_t>(value & 0xffU));
}

void Writer::i64(std::int64_t value) {
  const auto bits = static_cast<std::uint64_t>(value);
  for (unsigned shift = 64; shift > 0; shift -= 8) u8(static_cast<std::uint8_t>(bits >> (shift - 8)));
}

void Writer::raw(ByteView bytes) {
  append(out_, bytes);
}

void Writer::text(std::string_view text) {
  raw(as_bytes(text));
}

void Writer::s8(ByteView bytes) {
  assert(bytes.size() <= std::numeric_limits<std::uint8_t>::max());
  u8(static_cast<std::uint8_t>(bytes.size()));
  raw(bytes);
}

void Writer::s16(ByteView bytes) {
  assert(bytes.size() <= std::numeric_limits<std::uint16_t>::max());
  w16(static_cast<std::uint16_t>(bytes.size()));
  raw(bytes);
}

void Writer::boolean(bool value) {
  u8(value ? 'T' : 'F');
}

void Writer::opt(bool present) {
  u8(present ? '1' : '0');
}

void Writer::key(const crypto::PublicKey& key) {
  const std::size_t length_at = out_.size();
  u8(0);
  key.append_der(out_);
  out_[length_at] = static_cast<std::uint8_t>(out_.size() - length_at - 1);
}

}  // namespace sotto::smp
