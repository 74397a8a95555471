#include "gateway/settings/names_config.hpp"

#include <optional>
#include <string>

namespace sotto::gateway {
namespace {

using std::chrono::milliseconds;
using std::chrono::minutes;

// A record goes to the client in one block, and through a proxy in a smaller one.
constexpr std::uint64_t kMinResponse = 1024;
constexpr std::uint64_t kMaxResponse = 16'000;
constexpr std::size_t kWaitingForEach = 4;

}  // namespace

void names_rows(config::Table& table, GatewayConfig& config) {
  table.section("names", "Public names");
  table.text({"resolver_url", "names-resolver-url", "",
              "Where names are asked for that clients resolve here, below /resolve/. Empty: nowhere, clients are told "
              "that this server resolves no names."},
             "a URL such as http://127.0.0.1:8000 or https://names.internal/v1, without user, query and fragment, or "
             "empty",
             config.resolver_url);
  table.duration(
      {"timeout", "names-timeout", "3s",
       "How long a name may take, the wait for other requests included. Apps give up after 10 to 15 seconds."},
      {milliseconds(100), minutes(1)}, config.resolver_timeout);
  table.size({"max_response", "names-max-response", "16000", "Bytes that the record of a name may have."},
             {kMinResponse, kMaxResponse}, config.resolver_max_response);
  table.integer({"max_concurrent", "names-max-concurrent", "32",
                 "Requests to the resolver at a time. Four times as many may wait; further ones are refused."},
                {1U, 1024U}, config.resolver_max_concurrent);
  table.text({"ca_file", "names-ca-file", "",
              "Who signs the certificate of an https resolver. Empty: the authorities that this machine trusts."},
             "the path of a file with PEM certificates, or empty", config.resolver_ca);
  table.rule([&config]() -> std::optional<std::string> {
    if (config.resolver_url.empty()) {
      if (config.resolver_ca.empty()) return std::nullopt;
      return "names.ca_file is set, but names.resolver_url is not: name the resolver";
    }
    const auto url = parse_resolver_url(config.resolver_url);
    if (!url) return "names.resolver_url " + url.error().message;
    if (config.resolver_ca.empty() || url->tls) return std::nullopt;
    return "names.ca_file is set, but names.resolver_url is not https: nothing would be checked with it";
  });
}

HttpNameResolver::Options name_resolver_options(const GatewayConfig& config) {
  HttpNameResolver::Options out;
  out.url = *parse_resolver_url(config.resolver_url);
  out.timeout = config.resolver_timeout;
  out.max_response = config.resolver_max_response;
  out.max_concurrent = config.resolver_max_concurrent;
  out.max_waiting = kWaitingForEach * out.max_concurrent;
  out.ca_file = config.resolver_ca;
  return out;
}

Result<std::unique_ptr<HttpNameResolver>> open_name_resolver(const GatewayConfig& config) {
  if (config.resolver_url.empty()) return std::unique_ptr<HttpNameResolver>();
  return HttpNameResolver::create(name_resolver_options(config));
}

}  // namespace sotto::gateway
