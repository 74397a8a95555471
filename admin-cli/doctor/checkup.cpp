#include "admin-cli/doctor/checkup.hpp"

#include <utility>

#include <CLI/CLI.hpp>

#include "admin-cli/certificate/server_certificate.hpp"
#include "admin-cli/commands/identity_files.hpp"
#include "admin-cli/doctor/admin_check.hpp"
#include "admin-cli/doctor/clock_check.hpp"
#include "admin-cli/doctor/database_check.hpp"
#include "admin-cli/doctor/dns_check.hpp"
#include "admin-cli/doctor/identity_check.hpp"
#include "admin-cli/doctor/limits_check.hpp"
#include "admin-cli/doctor/metrics_check.hpp"
#include "admin-cli/doctor/ports_check.hpp"
#include "admin-cli/doctor/proxy_check.hpp"
#include "admin-cli/doctor/redis_check.hpp"
#include "admin-cli/doctor/settings_check.hpp"

namespace sotto::cli {

namespace fs = std::filesystem;

struct Checkup::Row {
  std::string_view name;
  Findings (Checkup::*check)(SystemTime now) const;
};

const std::vector<Checkup::Row>& Checkup::rows() {
  static const std::vector<Row> all{
      {"configuration", &Checkup::settings},
      {"identity", &Checkup::identity},
      {"clock", &Checkup::clock},
      {"dns", &Checkup::dns},
      {"ports", &Checkup::ports},
      {"proxy", &Checkup::proxy},
      {"limits", &Checkup::limits},
      {"database", &Checkup::database},
      {"redis", &Checkup::redis},
      {"metrics", &Checkup::metrics},
      {"admin", &Checkup::admin},
  };
  return all;
}

std::vector<std::string> check_names() {
  std::vector<std::string> names;
  for (const auto& row : Checkup::rows()) names.emplace_back(row.name);
  return names;
}

Checkup::Checkup(const Subject& subject, Options options) : subject_(subject), options_(std::move(options)) {}

std::vector<Check> Checkup::run(const std::set<std::string>& names, SystemTime now) const {
  std::vector<Check> checks;
  for (const auto& row : rows()) {
    if (names.contains(std::string(row.name))) checks.push_back({row.name, (this->*row.check)(now)});
  }
  return checks;
}

Findings Checkup::skip(std::string_view lacks) const {
  if (!subject_.problems.empty()) return {skipped("the settings are not known: correct the configuration first")};
  return {skipped(std::string(subject_.program) + " has no " + std::string(lacks))};
}

std::optional<fs::path> Checkup::identity_dir() const {
  if (!options_.identity_dir.empty()) return options_.identity_dir;
  if (subject_.gateway) return subject_.gateway->identity_dir;
  return std::nullopt;
}

Findings Checkup::settings(SystemTime /*now*/) const {
  return check_settings(subject_);
}

Findings Checkup::identity(SystemTime now) const {
  const auto directory = identity_dir();
  return directory ? check_identity(*directory, now) : skip("identity");
}

Findings Checkup::clock(SystemTime now) const {
  Findings findings{judge_synchronised(clock_is_synchronised())};
  if (subject_.database) findings.push_back(compare_with_database(subject_.database->options));
  if (const auto directory = identity_dir()) {
    const auto certificate = read_server_certificate(*directory);
    if (certificate && now < certificate->leaf.not_before) {
      findings.push_back(failed("the clock is behind the begin of the server's certificate", "set the clock"));
    }
  }
  return findings;
}

Findings Checkup::dns(SystemTime /*now*/) const {
  if (!options_.hosts.empty()) return check_dns(options_.hosts);
  const auto directory = identity_dir();
  if (!directory) return skip("address");
  const auto address = read_address(*directory, {});
  if (!address) return {skipped("the hosts of the address are not known: " + address.error().message)};
  return check_dns(address->hosts);
}

Findings Checkup::ports(SystemTime /*now*/) const {
  if (subject_.gateway) {
    std::optional<crypto::Fingerprint> fingerprint;
    if (const auto certificate = read_server_certificate(*identity_dir())) fingerprint = certificate->fingerprint;
    auto findings = check_smp_ports(*subject_.gateway, fingerprint);
    if (!fingerprint) findings.push_back(skipped("who listens there is not known: the identity cannot be read"));
    return findings;
  }
  return subject_.grpc.empty() ? skip("ports") : check_service_ports(subject_.grpc);
}

Findings Checkup::proxy(SystemTime /*now*/) const {
  return subject_.gateway ? check_proxy(subject_.gateway->proxy) : skip("proxy");
}

Findings Checkup::limits(SystemTime /*now*/) const {
  auto limit = own_file_limit();
  if (const auto files = max_files(subject_.metrics)) limit = {*files, true};
  Findings findings{judge_files(limit, subject_.gateway ? subject_.gateway->max_connections : 0)};
  if (subject_.data_dir) findings.push_back(check_space(*subject_.data_dir));
  return findings;
}

Findings Checkup::database(SystemTime /*now*/) const {
  return subject_.database ? check_database(*subject_.database) : skip("database");
}

Findings Checkup::redis(SystemTime /*now*/) const {
  return subject_.redis ? check_redis(*subject_.redis) : skip("Redis");
}

Findings Checkup::metrics(SystemTime /*now*/) const {
  return subject_.problems.empty() ? check_metrics(subject_.metrics) : skip("metrics");
}

Findings Checkup::admin(SystemTime /*now*/) const {
  const bool whole_server = subject_.program == "sotto-server";
  if (options_.server != nullptr) return check_admin(*options_.server, whole_server);
  if (subject_.admin_socket.empty()) return skip("admin.socket");
  // An AdminConnection knows its server from a command line.
  CLI::App line;
  AdminConnection server;
  server.declare(line);
  line.parse(std::vector<std::string>{"--server=unix:" + fs::absolute(subject_.admin_socket).string()});
  return check_admin(server, whole_server);
}

}  // namespace sotto::cli
