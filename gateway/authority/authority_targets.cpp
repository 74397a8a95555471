#include "gateway/authority/authority_targets.hpp"

#include <utility>

#include "libs/rpc/replica_names.hpp"

namespace sotto::gateway {
namespace {

constexpr std::string_view kUnix = "unix:";

Error unusable() {
  return {
      ErrorCode::configuration,
      "the auth service must be hosts with ports, or Unix sockets, separated by commas: \"auth-0:7451,auth-1:7451\""};
}

std::string_view trimmed(std::string_view text) {
  const auto first = text.find_first_not_of(" \t");
  if (first == std::string_view::npos) return {};
  return text.substr(first, text.find_last_not_of(" \t") - first + 1);
}

Result<AuthorityTarget> parse_one(std::string_view text) {
  if (text.starts_with(kUnix)) {
    if (text.size() == kUnix.size()) return unusable();
    return AuthorityTarget{std::string(text), {}};
  }
  const auto names = rpc::parse_replicas(text);
  if (!names) return unusable();
  const auto& name = names->front();
  if (!rpc::is_address(name)) return AuthorityTarget{"dns:///" + name.host + ":" + name.port, name.host};
  const auto addresses = rpc::resolve(name);
  if (!addresses || addresses->empty()) return unusable();
  return AuthorityTarget{addresses->front().target, addresses->front().authority};
}

}  // namespace

Result<std::vector<AuthorityTarget>> parse_authority_targets(std::string_view text) {
  std::vector<AuthorityTarget> out;
  for (;;) {
    const auto comma = text.find(',');
    auto target = parse_one(trimmed(text.substr(0, comma)));
    if (!target) return target.error();
    out.push_back(*std::move(target));
    if (comma == std::string_view::npos) return out;
    text.remove_prefix(comma + 1);
  }
}

}  // namespace sotto::gateway
