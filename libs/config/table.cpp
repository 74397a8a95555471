#include "libs/config/table.hpp"

#include <algorithm>
#include <cctype>
#include <cstdlib>

#include <fmt/format.h>
#include <fmt/ranges.h>

namespace sotto::config {
namespace {

std::string environment_name(std::string_view flag) {
  std::string name = "SOTTO_";
  for (const char c : flag) {
    name += c == '-' ? '_' : static_cast<char>(std::toupper(static_cast<unsigned char>(c)));
  }
  return name;
}

// Turns a parser and its target into Entry::assign.
template <class T, class Parse>
std::function<Status(std::string_view)> into(T& target, Parse parse) {
  return [&target, parse](std::string_view text) -> Status {
    auto value = parse(text);
    if (!value) return value.error();
    target = std::move(*value);
    return ok_status();
  };
}

}  // namespace

void Table::section(std::string name, std::string title) {
  sections_.push_back({std::move(name), std::move(title), {}});
}

Entry& Table::add(Row row, Shape shape, std::string expects) {
  auto& section = sections_.back();
  Entry entry;
  entry.key = section.name + "." + row.name;
  entry.flag = "--" + row.flag;
  entry.environment = environment_name(row.flag);
  entry.fallback = std::move(row.fallback);
  entry.help = std::move(row.help);
  entry.expects = std::move(expects);
  entry.shape = shape;
  return section.entries.emplace_back(std::move(entry));
}

void Table::text(Row row, std::string expects, std::string& target) {
  add(std::move(row), Shape::text, std::move(expects)).assign = [&target](std::string_view text) {
    target = text;
    return ok_status();
  };
}

void Table::path(Row row, std::filesystem::path& target) {
  add(std::move(row), Shape::text, "a path").assign = [&target](std::string_view text) -> Status {
    if (text.empty()) return Error{ErrorCode::configuration, "is empty"};
    target = std::filesystem::path(text);
    return ok_status();
  };
}

void Table::boolean(Row row, bool& target) {
  add(std::move(row), Shape::boolean, "true or false").assign = into(target, parse_boolean);
}

void Table::duration(Row row, Bounds<std::chrono::milliseconds> bounds, std::chrono::milliseconds& target) {
  auto expects = fmt::format("a duration from {} to {} (units ms, s, m, h, d)", format_duration(bounds.min),
                             format_duration(bounds.max));
  add(std::move(row), Shape::text, std::move(expects)).assign =
      into(target, [bounds](std::string_view text) { return parse_duration(text, bounds); });
}

void Table::size(Row row, Bounds<std::uint64_t> bounds, std::uint64_t& target) {
  auto expects =
      fmt::format("a size from {} to {} (units KiB, MiB, GiB)", format_size(bounds.min), format_size(bounds.max));
  add(std::move(row), Shape::text, std::move(expects)).assign =
      into(target, [bounds](std::string_view text) { return parse_size(text, bounds); });
}

void Table::ports(Row row, std::vector<std::uint16_t>& target) {
  add(std::move(row), Shape::numbers, "ports from 1 to 65535 separated by commas (0: a free one)").assign =
      into(target, parse_ports);
}

void Table::addresses(Row row, std::vector<std::string>& target) {
  add(std::move(row), Shape::texts, "IPv4 and IPv6 addresses separated by commas").assign =
      into(target, parse_addresses);
}

void Table::endpoint(Row row, std::optional<Endpoint>& target) {
  add(std::move(row), Shape::text, "an IP address and a port, such as 127.0.0.1:9090 or [::1]:9090, or empty").assign =
      into(target, parse_endpoint);
}

void Table::endpoints(Row row, std::vector<Endpoint>& target) {
  const bool may_be_none = row.fallback.empty();
  add(std::move(row), Shape::texts,
      std::string("IP addresses with ports, such as 127.0.0.1:7450 or [::1]:7450, separated by commas") +
          (may_be_none ? ", or empty" : ""))
      .assign = into(target, [may_be_none](std::string_view text) -> Result<std::vector<Endpoint>> {
    if (may_be_none && text.empty()) return std::vector<Endpoint>{};
    return parse_endpoints(text);
  });
}

void Table::range(Row row, Bounds<std::uint16_t> bounds, Range& target) {
  add(std::move(row), Shape::text, fmt::format("a range within {}-{}", bounds.min, bounds.max)).assign =
      into(target, [bounds](std::string_view text) { return parse_range(text, bounds); });
}

void Table::secret(Row row, std::string expects, std::string (*problem)(std::string_view),
                   std::optional<SecretString>& target) {
  add(std::move(row), Shape::secret, std::move(expects)).assign = [&target, problem](std::string_view text) -> Status {
    target.reset();
    if (text.empty()) return ok_status();
    if (auto complaint = problem(text); !complaint.empty()) {
      return Error{ErrorCode::configuration, std::move(complaint)};
    }
    target.emplace(std::string(text));
    return ok_status();
  };
}

Origin Table::origin(std::string_view key) const {
  for (const auto& section : sections_) {
    for (const auto& entry : section.entries) {
      if (entry.key == key) return entry.origin;
    }
  }
  std::abort();  // a key that no row has is our own bug
}

void Table::add_integer(Row row, Bounds<std::int64_t> bounds, std::function<void(std::int64_t)> set) {
  auto expects = bounds.max == kNoLimit ? fmt::format("a whole number, at least {}", bounds.min)
                                        : fmt::format("a whole number from {} to {}", bounds.min, bounds.max);
  add(std::move(row), Shape::number, std::move(expects)).assign =
      [bounds, set = std::move(set)](std::string_view text) -> Status {
    auto value = parse_integer(text, bounds);
    if (!value) return value.error();
    set(*value);
    return ok_status();
  };
}

void Table::add_choice(Row row, std::vector<std::string> names, std::function<void(std::size_t)> set) {
  auto expects = fmt::format("one of {}", fmt::join(names, ", "));
  add(std::move(row), Shape::text, std::move(expects)).assign =
      [names = std::move(names), set = std::move(set)](std::string_view text) -> Status {
    const auto found = std::find(names.begin(), names.end(), text);
    if (found == names.end()) return Error{ErrorCode::configuration, "is not known"};
    set(static_cast<std::size_t>(found - names.begin()));
    return ok_status();
  };
}

}  // namespace sotto::config
