#include "services/queue/domain/blocking_notice.hpp"

#include <cstdint>
#include <limits>

#include <nlohmann/json.hpp>

namespace sotto::queue {
namespace {

// Clients hold it in a signed number of 64 bits.
constexpr std::uint64_t kMaxTtl = std::numeric_limits<std::int64_t>::max();

Error refused(std::string_view why) {
  return {ErrorCode::invalid_argument, "the notice " + std::string(why)};
}

}  // namespace

Result<std::string> normalise_blocking_notice(std::string_view json) {
  if (json.empty()) return std::string();
  if (json.size() > kMaxBlockingNotice) {
    return refused("has " + std::to_string(json.size()) + " bytes; at most " + std::to_string(kMaxBlockingNotice) +
                   " fit in an answer");
  }
  const auto notice = nlohmann::json::parse(json, nullptr, false);
  if (!notice.is_object()) return refused(R"(is no JSON object; write for example {"ttl":86400})");
  const auto ttl = notice.find("ttl");
  if (ttl != notice.end() && !ttl->is_null()) {
    // A number below zero is one that is not unsigned.
    if (!ttl->is_number_unsigned() || ttl->get<std::uint64_t>() > kMaxTtl) {
      return refused("has a ttl that is neither null nor a whole number of seconds from 0");
    }
  }
  std::string text = notice.dump();
  // Numbers can be longer when they are written out.
  if (text.size() > kMaxBlockingNotice) return refused("has numbers that take too much room when they are written out");
  return text;
}

}  // namespace sotto::queue
