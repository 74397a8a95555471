#include "libs/redis/slot.hpp"

#include <array>

namespace sotto::redis {
namespace {

// CRC-16/XMODEM: polynomial 0x1021, starts at zero, not reflected.
constexpr std::array<std::uint16_t, 256> crc_table() {
  std::array<std::uint16_t, 256> out{};
  for (std::uint32_t i = 0; i < out.size(); ++i) {
    std::uint32_t value = i << 8U;
    for (int bit = 0; bit < 8; ++bit) value = (value << 1U) ^ ((value & 0x8000U) != 0 ? 0x1021U : 0U);
    out[i] = static_cast<std::uint16_t>(value & 0xffffU);
  }
  return out;
}
constexpr auto kCrcTable = crc_table();

std::uint16_t crc16(std::string_view text) {
  std::uint32_t crc = 0;
  for (const char c : text) {
    crc = ((crc << 8U) & 0xffffU) ^ kCrcTable[((crc >> 8U) ^ static_cast<std::uint8_t>(c)) & 0xffU];
  }
  return static_cast<std::uint16_t>(crc);
}

}  // namespace

std::uint16_t slot_of(std::string_view key) {
  if (const auto open = key.find('{'); open != std::string_view::npos) {
    const auto close = key.find('}', open + 1);
    if (close != std::string_view::npos && close > open + 1) key = key.substr(open + 1, close - open - 1);
  }
  return crc16(key) % kSlots;
}

}  // namespace sotto::redis
