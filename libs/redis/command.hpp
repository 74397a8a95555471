// Command: one command for Redis, kept in the form in which it is sent, so that building one costs one allocation and
// sending it one copy. Arguments are binary-safe. A plain value: one thread at a time.
//
//   Command("SET").key("q:", id).arg(value).arg("EX").arg(60)
//   Command(script, 1).key("q:", id).arg(session)          // EVALSHA; Client loads the script where it is missing
#pragma once

#include <charconv>
#include <concepts>
#include <cstddef>
#include <cstdint>
#include <iterator>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>

#include "libs/base/bytes.hpp"

namespace sotto::redis {

// A Lua script and its SHA-1. Make it once and keep it: copies share the text. Any thread may read it.
class Script {
 public:
  explicit Script(std::string source);
  [[nodiscard]] const std::string& source() const { return body_->source; }
  // Lower-case hexadecimal, as EVALSHA wants it.
  [[nodiscard]] const std::string& sha() const { return body_->sha; }

 private:
  struct Body {
    std::string source;
    std::string sha;
  };
  std::shared_ptr<const Body> body_;
};

class Command {
 public:
  explicit Command(std::string_view name) { append_text(name); }
  // The script with `keys` keys: that many calls of key() follow first, then those of arg().
  Command(const Script& script, std::size_t keys);

  // The next argument, a key. The first key decides the slot and so the node of a Redis Cluster; all keys of one
  // command must have the same slot (same {hash tag}), or the cluster refuses it. The key is prefix + rest.
  Command& key(std::string_view prefix, ByteView rest = {}) &;
  Command& key(ByteView whole) & { return key({}, whole); }
  Command&& key(std::string_view prefix, ByteView rest = {}) && { return std::move(key(prefix, rest)); }
  Command&& key(ByteView whole) && { return std::move(key({}, whole)); }

  // The next argument, not a key.
  Command& arg(std::string_view text) & { return append_text(text); }
  Command& arg(ByteView bytes) & { return append_text(as_text(bytes)); }
  template <std::integral T>
  Command& arg(T number) & {
    return append_number(number);
  }
  Command&& arg(std::string_view text) && { return std::move(arg(text)); }
  Command&& arg(ByteView bytes) && { return std::move(arg(bytes)); }
  template <std::integral T>
  Command&& arg(T number) && {
    return std::move(arg(number));
  }

  // Room for arguments of this many bytes in all, when the caller knows it beforehand.
  void reserve(std::size_t bytes) { body_.reserve(body_.size() + bytes); }

  // Overwrites what it holds, for secrets; the command is of no use then.
  void wipe();

  // Bytes on the wire.
  [[nodiscard]] std::size_t size() const { return body_.size() + 8; }
  // Appends the command as it is sent.
  void append_to(std::string& out) const;
  // Of a Redis Cluster, 0..16383; nothing for a command without key, which any node may execute.
  [[nodiscard]] std::optional<std::uint16_t> slot() const;
  // Views this command; nothing when it has no key.
  [[nodiscard]] std::optional<std::string_view> first_key() const;
  [[nodiscard]] const std::optional<Script>& script() const { return script_; }

 private:
  Command& append_text(std::string_view text);
  void append_size(char mark, std::size_t size);
  template <std::integral T>
  Command& append_number(T number) {
    char digits[24];
    const auto end = std::to_chars(std::begin(digits), std::end(digits), number).ptr;
    return append_text({digits, static_cast<std::size_t>(end - digits)});
  }

  std::string body_;  // the arguments, each as "$<size>\r\n<bytes>\r\n"
  std::uint32_t arguments_ = 0;
  std::uint32_t key_size_ = 0;
  std::size_t key_begin_ = 0;  // in body_; 0: no key, for the name comes first
  std::optional<Script> script_;
};

}  // namespace sotto::redis
