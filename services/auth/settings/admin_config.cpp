#include "services/auth/settings/admin_config.hpp"

#include <optional>

namespace sotto::auth {

using std::chrono::hours;

void admin_rows(config::Table& table, AdminConfig& config) {
  table.integer({"daily_limit", "admin-daily-limit", "20",
                 "Queues that may be blocked a day (UTC), and as many deleted, before only the role admin may go on. "
                 "0: any number."},
                {0U, 1'000'000U}, config.admin_daily_limit);
  table.duration({"audit_keep", "admin-audit-keep", "400d",
                  "How long what administrators did, and what was refused to them, can be listed; 0: for ever."},
                 {hours(0), hours(24 * 36500)}, config.audit_keep);
  table.endpoints(
      {"listen", "admin-listen", "",
       "Addresses on which `sotto` of other machines is served, over TLS. Who may do what is in identities. "
       "Empty: none."},
      config.admin_listen);
  runtime::tls_rows(table, "admin", "administrators", config.admin_tls);
  table.choice({"client_certificate", "admin-client-certificate", "required",
                "Whether administrators must show a certificate, which tls_ca issued. With optional, those that have "
                "none show a token; without tls_ca nobody is asked for a certificate."},
               {{"required", true}, {"optional", false}}, config.admin_certificate_required);
  table.text(
      {"identities", "admin-identities", "",
       "TOML file that says who has which role, by certificate or token; `sotto admin new-token` makes an entry. "
       "It is read again when it changes, and at SIGHUP."},
      "the path of a file, or empty", config.admin_identities);
  table.rule([&config]() -> std::optional<std::string> {
    if (config.admin_listen.empty()) return std::nullopt;
    if (config.admin_tls.certificate.empty() || config.admin_tls.key.empty()) {
      return "admin.listen is set without admin.tls_certificate and admin.tls_key: set them, there is no admin API "
             "without TLS";
    }
    if (config.admin_certificate_required && config.admin_tls.ca.empty()) {
      return "admin.client_certificate is required, and admin.tls_ca is not set: give the file of who issues the "
             "certificates of administrators, or write optional where all of them have tokens";
    }
    if (config.admin_identities.empty()) {
      return "admin.listen is set without admin.identities: give the file that says who has which role";
    }
    return std::nullopt;
  });
}

}  // namespace sotto::auth
