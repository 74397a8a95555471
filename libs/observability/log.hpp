// The log: lines with fields on standard error, as text for people or as one JSON object a line for machines.
//
//   log::info("listening", {{"address", "::"}, {"port", 5223}});
//
// A message is a fixed sentence; whatever varies is a field, so that lines can be counted and searched. Never log a
// queue id, a key, a password or an address of a client. Any thread; a line is written whole before the call returns.
// Until configure(), text from `info` on.
#pragma once

#include <concepts>
#include <cstdint>
#include <functional>
#include <initializer_list>
#include <string_view>
#include <variant>

#include "libs/base/error.hpp"

namespace sotto::log {

enum class Level : std::uint8_t { trace, debug, info, warning, error };
enum class Format : std::uint8_t { text, json };

// One field. Views its name and its text: both must live until the call returns.
struct Field {
  using Value = std::variant<std::string_view, std::int64_t, std::uint64_t, double, bool>;

  Field(std::string_view field_name, std::string_view text) : name(field_name), value(text) {}
  Field(std::string_view field_name, const char* text) : name(field_name), value(std::string_view(text)) {}
  Field(std::string_view field_name, double number) : name(field_name), value(number) {}
  // One template for bool and all widths of integers: overloads would be ambiguous between them.
  template <std::integral T>
  Field(std::string_view field_name, T number) : name(field_name) {
    if constexpr (std::same_as<T, bool>) {
      value = number;
    } else if constexpr (std::signed_integral<T>) {
      value = static_cast<std::int64_t>(number);
    } else {
      value = static_cast<std::uint64_t>(number);
    }
  }

  std::string_view name;
  Value value;
};
using Fields = std::initializer_list<Field>;

// From here on for all threads. Call it before the first thread starts.
void configure(Level least, Format format);

// Lines go to `sink` instead of standard error, without line break, until an empty function is given. For tests; called
// with a lock held, so it must not log.
void set_sink(std::function<void(std::string_view line)> sink);

// Whether a line of this level is written: asks before expensive fields are made.
[[nodiscard]] bool enabled(Level level);

void write(Level level, std::string_view message, Fields fields = {});

inline void trace(std::string_view message, Fields fields = {}) {
  write(Level::trace, message, fields);
}
inline void debug(std::string_view message, Fields fields = {}) {
  write(Level::debug, message, fields);
}
inline void info(std::string_view message, Fields fields = {}) {
  write(Level::info, message, fields);
}
inline void warning(std::string_view message, Fields fields = {}) {
  write(Level::warning, message, fields);
}
inline void error(std::string_view message, Fields fields = {}) {
  write(Level::error, message, fields);
}

// With the kind and the text of an Error as the fields `error` and `cause`.
void error(std::string_view message, const Error& cause);

}  // namespace sotto::log
