#include "libs/rocksdb/log_tail.hpp"

#include <algorithm>
#include <array>
#include <cstdint>
#include <fstream>
#include <iterator>
#include <optional>
#include <string>
#include <system_error>
#include <vector>

#include "libs/base/bytes.hpp"

namespace sotto::rocks {
namespace {

// The format of RocksDB's log: blocks of 32 KiB; in them records of a header (masked CRC-32C of type and content, size
// of the content, type; numbers little-endian) and content. A record never crosses a block: a commit that does is cut
// into a first, middle and last records. Less than a header at the end of a block stays zero.
constexpr std::size_t kBlockSize = 32768;
constexpr std::size_t kHeaderSize = 7;
constexpr std::uint8_t kZero = 0;  // room that was reserved and not written
constexpr std::uint8_t kFull = 1;
constexpr std::uint8_t kFirst = 2;
constexpr std::uint8_t kLast = 4;

std::uint32_t crc32c(ByteView bytes) {
  static const auto table = [] {
    std::array<std::uint32_t, 256> out{};
    for (std::uint32_t i = 0; i < 256; ++i) {
      std::uint32_t value = i;
      for (int bit = 0; bit < 8; ++bit) value = (value >> 1U) ^ ((value & 1U) != 0 ? 0x82f63b78U : 0U);
      out[i] = value;
    }
    return out;
  }();
  std::uint32_t crc = ~0U;
  for (const std::uint8_t byte : bytes) crc = (crc >> 8U) ^ table[(crc ^ byte) & 255U];
  return ~crc;
}

std::uint32_t masked(std::uint32_t crc) {
  return ((crc >> 15U) | (crc << 17U)) + 0xa282ead8U;
}

struct Record {
  std::uint8_t type = kZero;
  std::size_t size = 0;  // with its header
};

// The record that begins at `offset`, when a whole one does.
std::optional<Record> record_at(ByteView log, std::size_t offset) {
  const std::size_t block_left = kBlockSize - offset % kBlockSize;
  if (block_left < kHeaderSize || log.size() - offset < kHeaderSize) return std::nullopt;
  const ByteView header = log.subspan(offset, kHeaderSize);
  const std::size_t size = header[4] + std::size_t{header[5]} * 256;
  const std::uint8_t type = header[6];
  if (type < kFull || type > kLast || kHeaderSize + size > std::min(block_left, log.size() - offset)) {
    return std::nullopt;
  }
  std::uint32_t stored = 0;
  for (std::size_t i = 4; i-- > 0;) stored = (stored << 8U) | header[i];
  if (stored != masked(crc32c(log.subspan(offset + 6, 1 + size)))) return std::nullopt;
  return Record{type, kHeaderSize + size};
}

// Offset of the first byte that is not part of a whole record; the size of the log when there is none.
std::size_t damage(ByteView log) {
  std::size_t offset = 0;
  while (offset < log.size()) {
    const std::size_t block_left = kBlockSize - offset % kBlockSize;
    if (block_left < kHeaderSize) {
      offset += std::min(block_left, log.size() - offset);
      continue;
    }
    const auto record = record_at(log, offset);
    if (!record) return offset;
    offset += record->size;
  }
  return offset;
}

bool commit_begins_after(ByteView log, std::size_t offset) {
  for (++offset; offset < log.size(); ++offset) {
    const auto record = record_at(log, offset);
    if (record && (record->type == kFull || record->type == kFirst)) return true;
  }
  return false;
}

}  // namespace

bool only_last_commit_is_torn(const std::filesystem::path& directory) {
  // Log files are numbered with leading zeros, so that names sort as numbers do.
  std::vector<std::filesystem::path> logs;
  std::error_code error;
  for (std::filesystem::directory_iterator it(directory, error), end; !error && it != end; it.increment(error)) {
    if (it->path().extension() == ".log") logs.push_back(it->path());
  }
  if (error) return false;
  std::sort(logs.begin(), logs.end());
  bool damaged = false;
  for (const auto& path : logs) {
    std::ifstream file(path, std::ios::binary);
    const std::string content((std::istreambuf_iterator<char>(file)), {});
    if (file.bad() || !file.is_open()) return false;
    if (content.empty()) continue;
    if (damaged) return false;  // written after the damage
    const ByteView log = as_bytes(content);
    const std::size_t end = damage(log);
    if (end == log.size()) continue;
    if (commit_begins_after(log, end)) return false;
    damaged = true;
  }
  return damaged;
}

}  // namespace sotto::rocks
