#include "libs/config/value.hpp"

#include <arpa/inet.h>

#include <algorithm>
#include <array>
#include <cctype>
#include <charconv>
#include <utility>

#include <fmt/format.h>

namespace sotto::config {
namespace {

Error bad(std::string message) {
  return {ErrorCode::configuration, std::move(message)};
}

std::string_view trim(std::string_view text) {
  constexpr std::string_view kSpace = " \t\r\n";
  const auto first = text.find_first_not_of(kSpace);
  if (first == std::string_view::npos) return {};
  return text.substr(first, text.find_last_not_of(kSpace) - first + 1);
}

template <class T>
std::optional<T> to_number(std::string_view text) {
  T number{};
  const auto* end = text.data() + text.size();
  const auto [stop, error] = std::from_chars(text.data(), end, number);
  if (error != std::errc{} || stop != end) return std::nullopt;
  return number;
}

template <class T>
struct Unit {
  std::string_view name;
  T factor;
};

// From small to large.
constexpr std::array<Unit<std::int64_t>, 5> kTimeUnits{
    {{"ms", 1}, {"s", 1'000}, {"m", 60'000}, {"h", 3'600'000}, {"d", 86'400'000}}};
constexpr std::array<Unit<std::uint64_t>, 4> kSizeUnits{
    {{"", 1}, {"KiB", 1ULL << 10U}, {"MiB", 1ULL << 20U}, {"GiB", 1ULL << 30U}}};

template <class T>
struct Quantity {
  T number;
  std::string_view unit;
};

// "21d" as 21 and "d".
template <class T>
std::optional<Quantity<T>> split_quantity(std::string_view text) {
  const auto digits = std::min(text.find_first_not_of("0123456789"), text.size());
  const auto number = to_number<T>(text.substr(0, digits));
  if (!number) return std::nullopt;
  return Quantity<T>{*number, trim(text.substr(digits))};
}

template <class T, std::size_t N>
const Unit<T>* find_unit(const std::array<Unit<T>, N>& units, std::string_view name) {
  const auto* found = std::find_if(units.begin(), units.end(), [&](const auto& unit) { return unit.name == name; });
  return found == units.end() ? nullptr : found;
}

// The largest unit that leaves a whole number.
template <class T, std::size_t N>
std::string format_quantity(const std::array<Unit<T>, N>& units, T amount) {
  if (amount == 0) return "0";
  const auto unit = std::find_if(units.rbegin(), units.rend(), [&](const auto& u) { return amount % u.factor == 0; });
  return fmt::format("{}{}", amount / unit->factor, unit->name);
}

std::string_view without_brackets(std::string_view address) {
  if (address.size() > 2 && address.front() == '[' && address.back() == ']') {
    return address.substr(1, address.size() - 2);
  }
  return address;
}

bool is_address(const std::string& text) {
  std::array<unsigned char, sizeof(in6_addr)> parsed{};
  return ::inet_pton(AF_INET, text.c_str(), parsed.data()) == 1 ||
         ::inet_pton(AF_INET6, text.c_str(), parsed.data()) == 1;
}

}  // namespace

std::vector<std::string_view> split_list(std::string_view text) {
  std::vector<std::string_view> parts;
  if (trim(text).empty()) return parts;
  while (true) {
    const auto comma = text.find(',');
    parts.push_back(trim(text.substr(0, comma)));
    if (comma == std::string_view::npos) return parts;
    text.remove_prefix(comma + 1);
  }
}

Result<bool> parse_boolean(std::string_view text) {
  std::string lower(trim(text));
  std::transform(lower.begin(), lower.end(), lower.begin(),
                 [](unsigned char c) { return static_cast<char>(std::tolower(c)); });
  if (lower == "true" || lower == "yes" || lower == "on" || lower == "1") return true;
  if (lower == "false" || lower == "no" || lower == "off" || lower == "0") return false;
  return bad("is neither true nor false");
}

Result<std::int64_t> parse_integer(std::string_view text, Bounds<std::int64_t> bounds) {
  const auto number = to_number<std::int64_t>(trim(text));
  if (!number) return bad("is not a whole number");
  if (*number < bounds.min) return bad("is too small");
  if (*number > bounds.max) return bad("is too large");
  return *number;
}

Result<std::chrono::milliseconds> parse_duration(std::string_view text, Bounds<std::chrono::milliseconds> bounds) {
  const auto quantity = split_quantity<std::int64_t>(trim(text));
  if (!quantity) return bad("is not a duration");
  if (quantity->unit.empty() && quantity->number != 0) return bad("has no unit");
  const auto* unit = find_unit(kTimeUnits, quantity->unit.empty() ? "ms" : quantity->unit);
  if (unit == nullptr) return bad("has an unknown unit");
  if (quantity->number > bounds.max.count() / unit->factor) return bad("is too long");
  const std::chrono::milliseconds duration(quantity->number * unit->factor);
  if (duration < bounds.min) return bad("is too short");
  return duration;
}

Result<std::uint64_t> parse_size(std::string_view text, Bounds<std::uint64_t> bounds) {
  const auto quantity = split_quantity<std::uint64_t>(trim(text));
  if (!quantity) return bad("is not a size");
  const auto* unit = find_unit(kSizeUnits, quantity->unit);
  if (unit == nullptr) return bad("has an unknown unit");
  if (quantity->number > bounds.max / unit->factor) return bad("is too large");
  const auto bytes = quantity->number * unit->factor;
  if (bytes < bounds.min) return bad("is too small");
  return bytes;
}

Result<std::vector<std::uint16_t>> parse_ports(std::string_view text) {
  std::vector<std::uint16_t> ports;
  for (const auto part : split_list(text)) {
    const auto port = to_number<std::uint16_t>(part);
    if (!port) return bad("holds something that is not a port");
    if (*port != 0 && std::find(ports.begin(), ports.end(), *port) != ports.end()) return bad("names a port twice");
    ports.push_back(*port);
  }
  if (ports.empty()) return bad("names no port");
  return ports;
}

Result<std::vector<std::string>> parse_addresses(std::string_view text) {
  std::vector<std::string> addresses;
  for (const auto part : split_list(text)) {
    std::string address(without_brackets(part));
    if (!is_address(address)) return bad("holds something that is not an IP address");
    if (std::find(addresses.begin(), addresses.end(), address) != addresses.end()) return bad("names an address twice");
    addresses.push_back(std::move(address));
  }
  if (addresses.empty()) return bad("names no address");
  return addresses;
}

Result<std::optional<Endpoint>> parse_endpoint(std::string_view text) {
  text = trim(text);
  if (text.empty()) return std::optional<Endpoint>{};
  const auto colon = text.rfind(':');
  const auto host = text.substr(0, colon);
  // An IPv6 address has colons of its own: without brackets its last group would be taken for the port.
  if (colon == std::string_view::npos || (host.find(':') != std::string_view::npos && host.front() != '[')) {
    return bad("is not an address with a port");
  }
  const auto port = to_number<std::uint16_t>(text.substr(colon + 1));
  std::string address(without_brackets(host));
  if (!port || !is_address(address)) return bad("is not an address with a port");
  return std::optional(Endpoint{std::move(address), *port});
}

Result<std::vector<Endpoint>> parse_endpoints(std::string_view text) {
  std::vector<Endpoint> endpoints;
  for (const auto part : split_list(text)) {
    auto endpoint = parse_endpoint(part);
    if (!endpoint || !*endpoint) return bad("holds something that is not an address with a port");
    if (std::find(endpoints.begin(), endpoints.end(), **endpoint) != endpoints.end()) return bad("names one twice");
    endpoints.push_back(std::move(**endpoint));
  }
  if (endpoints.empty()) return bad("names no address");
  return endpoints;
}

Result<Range> parse_range(std::string_view text, Bounds<std::uint16_t> bounds) {
  text = trim(text);
  const auto dash = text.find('-');
  const auto min = to_number<std::uint16_t>(trim(text.substr(0, dash)));
  const auto max = dash == std::string_view::npos ? min : to_number<std::uint16_t>(trim(text.substr(dash + 1)));
  if (!min || !max) return bad("is not a range");
  if (*min > *max) return bad("ends before it begins");
  if (*min < bounds.min || *max > bounds.max) return bad("reaches beyond what there is");
  return Range{*min, *max};
}

std::string format_duration(std::chrono::milliseconds duration) {
  return format_quantity(kTimeUnits, static_cast<std::int64_t>(duration.count()));
}

std::string format_size(std::uint64_t bytes) {
  return format_quantity(kSizeUnits, bytes);
}

std::string format_endpoint(const Endpoint& endpoint) {
  const bool ipv6 = endpoint.address.find(':') != std::string::npos;
  return ipv6 ? fmt::format("[{}]:{}", endpoint.address, endpoint.port)
              : fmt::format("{}:{}", endpoint.address, endpoint.port);
}

}  // namespace sotto::config
