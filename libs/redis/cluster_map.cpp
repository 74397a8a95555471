#include "libs/redis/cluster_map.hpp"

#include <limits>
#include <string>

#include "libs/redis/slot.hpp"

namespace sotto::redis {

Result<ClusterMap> parse_cluster_slots(const Reply& reply, const Address& asked) {
  const Error broken{ErrorCode::protocol, "Redis did not answer CLUSTER SLOTS as expected"};
  if (!reply.is_array()) return broken;
  ClusterMap out;
  out.reserve(reply.array().size());
  for (const auto& range : reply.array()) {
    const auto first = range[0].integer();
    const auto last = range[1].integer();
    const auto& master = range[2];
    const auto port = master[1].integer();
    if (!range[0].is_integer() || !range[1].is_integer() || first < 0 || last < first ||
        last >= static_cast<std::int64_t>(kSlots) || port < 1 || port > std::numeric_limits<std::uint16_t>::max()) {
      return broken;
    }
    // Nil, "" and "?" all mean: the host by which it was asked.
    std::string host(master[0].text());
    if (host.empty() || host == "?") host = asked.host;
    out.push_back({static_cast<std::uint16_t>(first),
                   static_cast<std::uint16_t>(last),
                   {std::move(host), static_cast<std::uint16_t>(port)}});
  }
  return out;
}

}  // namespace sotto::redis
