#include "libs/redis/command.hpp"

#include <array>
#include <limits>
#include <stdexcept>

#include <openssl/evp.h>

#include "libs/base/secret.hpp"
#include "libs/redis/slot.hpp"

namespace sotto::redis {
namespace {

std::string sha1_hex(std::string_view text) {
  std::array<std::uint8_t, 20> digest{};
  if (EVP_Digest(text.data(), text.size(), digest.data(), nullptr, EVP_sha1(), nullptr) != 1) {
    throw std::runtime_error("OpenSSL has no SHA-1, by which Redis names scripts");
  }
  return to_hex(digest);
}

}  // namespace

Script::Script(std::string source) {
  auto sha = sha1_hex(source);
  body_ = std::make_shared<const Body>(Body{std::move(source), std::move(sha)});
}

Command::Command(const Script& script, std::size_t keys) : script_(script) {
  append_text("EVALSHA");
  append_text(script.sha());
  append_number(keys);
}

Command& Command::key(std::string_view prefix, ByteView rest) & {
  append_size('$', prefix.size() + rest.size());
  if (key_begin_ == 0) {
    key_begin_ = body_.size();
    key_size_ = static_cast<std::uint32_t>(prefix.size() + rest.size());
  }
  body_.append(prefix).append(as_text(rest)).append("\r\n");
  ++arguments_;
  return *this;
}

Command& Command::append_text(std::string_view text) {
  append_size('$', text.size());
  body_.append(text).append("\r\n");
  ++arguments_;
  return *this;
}

void Command::append_size(char mark, std::size_t size) {
  // Redis takes no argument beyond 512 MiB (proto-max-bulk-len).
  if (size > std::numeric_limits<std::uint32_t>::max()) throw std::length_error("argument of a Redis command");
  char text[24];
  text[0] = mark;
  const auto end = std::to_chars(std::begin(text) + 1, std::end(text), size).ptr;
  body_.append(std::begin(text), static_cast<std::size_t>(end - std::begin(text))).append("\r\n");
}

void Command::append_to(std::string& out) const {
  char text[24];
  text[0] = '*';
  const auto end = std::to_chars(std::begin(text) + 1, std::end(text), arguments_).ptr;
  out.append(std::begin(text), static_cast<std::size_t>(end - std::begin(text))).append("\r\n").append(body_);
}

void Command::wipe() {
  sotto::wipe({reinterpret_cast<std::uint8_t*>(body_.data()), body_.size()});
}

std::optional<std::string_view> Command::first_key() const {
  if (key_begin_ == 0) return std::nullopt;
  return std::string_view(body_).substr(key_begin_, key_size_);
}

std::optional<std::uint16_t> Command::slot() const {
  const auto key = first_key();
  if (!key) return std::nullopt;
  return slot_of(*key);
}

}  // namespace sotto::redis
