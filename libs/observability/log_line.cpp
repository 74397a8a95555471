#include "libs/observability/log_line.hpp"

#include <algorithm>
#include <array>
#include <cmath>

#include <fmt/chrono.h>
#include <fmt/format.h>

namespace sotto::log {
namespace {

// How long a UTF-8 sequence at the start of the text is; 0 when the bytes are none (RFC 3629).
std::size_t utf8_length(std::string_view text) {
  const auto byte = [&](std::size_t i) { return static_cast<unsigned char>(text[i]); };
  const auto first = byte(0);
  std::size_t length = 0;
  unsigned char least = 0x80;  // bounds of the second byte: no overlong forms, no surrogates, nothing above U+10FFFF
  unsigned char most = 0xBF;
  if (first < 0x80) return 1;
  if (first >= 0xC2 && first <= 0xDF) {
    length = 2;
  } else if (first >= 0xE0 && first <= 0xEF) {
    length = 3;
    if (first == 0xE0) least = 0xA0;
    if (first == 0xED) most = 0x9F;
  } else if (first >= 0xF0 && first <= 0xF4) {
    length = 4;
    if (first == 0xF0) least = 0x90;
    if (first == 0xF4) most = 0x8F;
  }
  if (length == 0 || text.size() < length || byte(1) < least || byte(1) > most) return 0;
  for (std::size_t i = 2; i < length; ++i) {
    if ((byte(i) & 0xC0U) != 0x80U) return 0;
  }
  return length;
}

void append_json_string(std::string& out, std::string_view text) {
  out += '"';
  while (!text.empty()) {
    const auto length = utf8_length(text);
    const char c = text.front();
    if (length == 0) {
      out += "\\ufffd";
    } else if (c == '"' || c == '\\') {
      out += '\\';
      out += c;
    } else if (c == '\n') {
      out += "\\n";
    } else if (c == '\r') {
      out += "\\r";
    } else if (c == '\t') {
      out += "\\t";
    } else if (static_cast<unsigned char>(c) < 0x20 || c == 0x7F) {
      out += fmt::format("\\u{:04x}", static_cast<unsigned>(c));
    } else {
      out += text.substr(0, length);
    }
    text.remove_prefix(std::max<std::size_t>(1, length));
  }
  out += '"';
}

void append_text_value(std::string& out, std::string_view text) {
  const auto plain = [](char c) { return static_cast<unsigned char>(c) > ' ' && c != '"' && c != '\\' && c < 0x7F; };
  if (!text.empty() && std::all_of(text.begin(), text.end(), plain)) {
    out += text;
  } else {
    append_json_string(out, text);
  }
}

// Numbers and true, false look the same in both formats.
void append_value(std::string& out, const Field::Value& value, void (*append_string)(std::string&, std::string_view)) {
  if (const auto* text = std::get_if<std::string_view>(&value)) {
    append_string(out, *text);
  } else if (const auto* boolean = std::get_if<bool>(&value)) {
    out += *boolean ? "true" : "false";
  } else if (const auto* number = std::get_if<double>(&value)) {
    out += std::isfinite(*number) ? fmt::format("{}", *number) : "null";  // JSON has no infinity
  } else if (const auto* integer = std::get_if<std::int64_t>(&value)) {
    out += std::to_string(*integer);
  } else {
    out += std::to_string(std::get<std::uint64_t>(value));
  }
}

std::string timestamp(SystemTime time) {
  const auto seconds = std::chrono::floor<std::chrono::seconds>(time);
  const auto milliseconds = std::chrono::duration_cast<std::chrono::milliseconds>(time - seconds).count();
  return fmt::format("{:%Y-%m-%dT%H:%M:%S}.{:03}Z", fmt::gmtime(std::chrono::system_clock::to_time_t(seconds)),
                     milliseconds);
}

bool is_reserved(std::string_view name) {
  return name == "time" || name == "level" || name == "message";
}

}  // namespace

std::string_view level_name(Level level) {
  constexpr std::array<std::string_view, 5> kNames{"trace", "debug", "info", "warning", "error"};
  return kNames.at(static_cast<std::size_t>(level));
}

std::string text_line(SystemTime time, Level level, std::string_view message, Fields fields) {
  auto out = fmt::format("{} {:<7} ", timestamp(time), level_name(level));
  // A message may hold spaces, but no line breaks or other bytes that a terminal obeys.
  for (const char c : message) out += static_cast<unsigned char>(c) < ' ' || c == 0x7F ? '?' : c;
  for (const auto& field : fields) {
    out += ' ';
    out += field.name;
    out += '=';
    append_value(out, field.value, append_text_value);
  }
  return out;
}

std::string json_line(SystemTime time, Level level, std::string_view message, Fields fields) {
  auto out = fmt::format(R"({{"time":"{}","level":"{}","message":)", timestamp(time), level_name(level));
  append_json_string(out, message);
  for (const auto& field : fields) {
    out += ',';
    append_json_string(out, is_reserved(field.name) ? std::string(field.name) + "_" : std::string(field.name));
    out += ':';
    append_value(out, field.value, append_json_string);
  }
  return out + '}';
}

}  // namespace sotto::log
