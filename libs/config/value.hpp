// The text forms of setting values, the same in a flag, an environment variable and a configuration file. Pure
// functions of their arguments; any thread. On failure the error says what is wrong with the text, as the end of a
// sentence that began with the name of the setting ("is not a number"), and never repeats the text.
#pragma once

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "libs/base/result.hpp"

namespace sotto::config {

// Bounds are part of what is allowed.
template <class T>
struct Bounds {
  T min;
  T max;
};

// Where something listens: an IP address (no name: a name would need a resolver at start) and a port.
struct Endpoint {
  std::string address;
  std::uint16_t port = 0;
  friend bool operator==(const Endpoint&, const Endpoint&) = default;
};

// Two numbers and what lies between them, for example "6-20". min <= max.
struct Range {
  std::uint16_t min = 0;
  std::uint16_t max = 0;
  friend bool operator==(const Range&, const Range&) = default;
};

// true, yes, on, 1 and false, no, off, 0, in any case.
Result<bool> parse_boolean(std::string_view text);
// Decimal digits with an optional minus sign.
Result<std::int64_t> parse_integer(std::string_view text, Bounds<std::int64_t> bounds);
// A whole number and one of the units ms, s, m, h, d: "1500ms", "21d". "0" needs no unit.
Result<std::chrono::milliseconds> parse_duration(std::string_view text, Bounds<std::chrono::milliseconds> bounds);
// A whole number of bytes, or with one of the units KiB, MiB, GiB (powers of 1024).
Result<std::uint64_t> parse_size(std::string_view text, Bounds<std::uint64_t> bounds);
// Ports from 0 to 65535, separated by commas, none twice except 0 (0: a free one, chosen by the system). At least one.
Result<std::vector<std::uint16_t>> parse_ports(std::string_view text);
// IPv4 and IPv6 addresses, separated by commas, none twice, IPv6 with or without brackets. At least one.
Result<std::vector<std::string>> parse_addresses(std::string_view text);
// "127.0.0.1:9090", "[::1]:9090"; nothing for the empty text.
Result<std::optional<Endpoint>> parse_endpoint(std::string_view text);
// Endpoints separated by commas, none twice. At least one.
Result<std::vector<Endpoint>> parse_endpoints(std::string_view text);
// "6-20", or "18" for "18-18".
Result<Range> parse_range(std::string_view text, Bounds<std::uint16_t> bounds);

// The shortest text that parse_… reads as the same value.
std::string format_duration(std::chrono::milliseconds duration);
std::string format_size(std::uint64_t bytes);
std::string format_endpoint(const Endpoint& endpoint);

// The parts of a list between commas, without the white space around them; no part for an empty text.
std::vector<std::string_view> split_list(std::string_view text);

}  // namespace sotto::config
