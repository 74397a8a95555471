#include "admin-cli/admin/times.hpp"

#include <chrono>
#include <ctime>

#include <fmt/format.h>

#include "libs/config/value.hpp"

namespace sotto::cli {
namespace {

constexpr std::int64_t kDay = 86400;

// Whether `text` is read to its end in this form, and is a time that exists: it is written again and compared.
bool read_as(std::string_view text, const char* form, std::int64_t& out) {
  const std::string copy(text);
  std::tm parts{};
  const char* end = ::strptime(copy.c_str(), form, &parts);
  if (end == nullptr || *end != '\0') return false;
  out = ::timegm(&parts);
  std::string again(copy.size() + 1, '\0');
  again.resize(std::strftime(again.data(), again.size(), form, &parts));
  return again == copy;
}

std::tm utc(std::int64_t seconds) {
  std::tm parts{};
  const std::time_t time = seconds;
  ::gmtime_r(&time, &parts);
  return parts;
}

}  // namespace

Result<std::int64_t> parse_time(std::string_view text, std::int64_t now) {
  using std::chrono::milliseconds;
  std::int64_t out = 0;
  if (text == "now") return now;
  if (read_as(text, "%Y-%m-%d", out) || read_as(text, "%Y-%m-%dT%H:%M:%SZ", out)) return out;
  constexpr auto kMost = std::chrono::hours(24 * 36500);
  const auto from_now = config::parse_duration(text, {milliseconds(0), kMost});
  if (from_now) return now + std::chrono::duration_cast<std::chrono::seconds>(*from_now).count();
  return Error{ErrorCode::invalid_argument,
               "is no time: give a day such as 2027-01-31, a time such as 2027-01-31T12:00:00Z, or how long from now, "
               "such as 90d"};
}

std::string format_time(std::int64_t seconds) {
  if (seconds == 0) return "never";
  const auto parts = utc(seconds);
  return fmt::format("{:04}-{:02}-{:02}T{:02}:{:02}:{:02}Z", parts.tm_year + 1900, parts.tm_mon + 1, parts.tm_mday,
                     parts.tm_hour, parts.tm_min, parts.tm_sec);
}

std::string format_day(std::int64_t day) {
  if (day == 0) return "never";
  const auto parts = utc(day * kDay);
  return fmt::format("{:04}-{:02}-{:02}", parts.tm_year + 1900, parts.tm_mon + 1, parts.tm_mday);
}

}  // namespace sotto::cli
