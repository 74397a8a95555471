// ResolverUrl: where a resolver of names is, and what is asked there for a name. A value; pure functions, any thread.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "libs/base/result.hpp"

namespace sotto::gateway {

struct ResolverUrl {
  bool tls = false;
  std::string host;  // an IP address (without brackets) or a name
  std::uint16_t port = 0;
  std::string path;  // before that of the request: empty, or with a slash at its beginning and none at its end

  // As the Host header of a request has it.
  [[nodiscard]] std::string authority() const;
};

// http or https, without user, query and fragment. configuration: what is wrong.
Result<ResolverUrl> parse_resolver_url(std::string_view text);

// What to GET for a name: in lower case, below /resolve/. Nothing for what cannot be a name; nothing that would have
// to be escaped, or mean another resource, comes through.
std::optional<std::string> request_target(const ResolverUrl& url, std::string_view name);

}  // namespace sotto::gateway
