#include "libs/runtime/tls_settings.hpp"

#include <optional>

#include <fmt/format.h>

namespace sotto::runtime {

void tls_rows(config::Table& table, const std::string& prefix, const std::string& other, TlsSettings& settings) {
  const std::string path = "a path, or empty";
  table.text({"tls_ca", prefix + "-tls-ca", "", "PEM file of who issues the certificates of " + other + "."}, path,
             settings.ca);
  table.text({"tls_certificate", prefix + "-tls-certificate", "",
              "PEM file with our certificate towards " + other + ", then those that issued it."},
             path, settings.certificate);
  table.text({"tls_key", prefix + "-tls-key", "", "PEM file with the key of tls_certificate."}, path, settings.key);
}

void require_mutual_tls(config::Table& table, const std::string& section, const TlsSettings& settings) {
  table.rule([section, &settings]() -> std::optional<std::string> {
    const bool all = !settings.ca.empty() && !settings.certificate.empty() && !settings.key.empty();
    if (all || !settings.any()) return std::nullopt;
    return fmt::format("{0}.tls_ca, {0}.tls_certificate and {0}.tls_key belong together: set all of them, or none",
                       section);
  });
}

void require_key_with_certificate(config::Table& table, const std::string& section, const TlsSettings& settings) {
  table.rule([section, &settings]() -> std::optional<std::string> {
    if (settings.certificate.empty() == settings.key.empty()) return std::nullopt;
    return fmt::format("{0}.tls_certificate and {0}.tls_key belong together: set both, or none", section);
  });
}

}  // namespace sotto::runtime
