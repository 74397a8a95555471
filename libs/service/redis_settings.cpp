#include "libs/service/redis_settings.hpp"

#include <string_view>

namespace sotto::service {
namespace {

std::string any_password(std::string_view /*password*/) {
  return {};
}

// With all that was set.
Result<redis::Options> parse(const RedisSettings& settings) {
  auto options = redis::Options::parse_url(settings.url);
  if (!options) return options.error();
  if (settings.password) options->password = *settings.password;
  const auto& files = settings.tls;
  if (!options->tls && (files.any() || !settings.tls_name.empty())) {
    return Error{ErrorCode::configuration, "redis.tls_… are set, but redis.url begins with redis://; write rediss://"};
  }
  if (options->tls) {
    options->tls->ca_file = files.ca;
    options->tls->certificate_file = files.certificate;
    options->tls->key_file = files.key;
    options->tls->server_name = settings.tls_name;
  }
  return options;
}

}  // namespace

void redis_rows(config::Table& table, RedisSettings& settings) {
  table.section("redis", "Redis");
  table.text({"url", "redis-url", "redis://127.0.0.1:6379",
              "A Redis server, or some servers of a Redis Cluster. rediss:// for TLS."},
             "redis://[user@]host[:port][,host[:port]…], without a password", settings.url);
  table.secret({"password", "redis-password", "", "Of the user. Without one nothing is shown to Redis."}, "a password",
               any_password, settings.password);
  runtime::tls_rows(table, "redis", "Redis", settings.tls);
  table.text({"tls_name", "redis-tls-name", "",
              "What the certificates of Redis must be for. Empty: the host that is connected to."},
             "a host name, or empty", settings.tls_name);
  runtime::require_key_with_certificate(table, "redis", settings.tls);
  table.rule([&settings]() -> std::optional<std::string> {
    const auto options = parse(settings);
    if (options) return std::nullopt;
    return "redis.url: " + options.error().message;
  });
}

redis::Options redis_options(const RedisSettings& settings) {
  return parse(settings).value();
}

}  // namespace sotto::service
