#include "libs/service/grpc_settings.hpp"

#include "libs/config/value.hpp"

namespace sotto::service {

void grpc_rows(config::Table& table, const std::string& listen, GrpcSettings& settings, const std::string& clients) {
  table.section("grpc", "Where " + clients + " connect to");
  table.endpoints({"listen", "listen", listen, "Addresses on which " + clients + " are served, over gRPC."},
                  settings.listen);
  runtime::tls_rows(table, "grpc", clients, settings.tls);
  table.boolean(
      {"plaintext_anywhere", "grpc-plaintext-anywhere", "false",
       "Whether addresses other than loopback may be without TLS: only where the network encrypts by itself."},
      settings.plaintext_anywhere);
  runtime::require_mutual_tls(table, "grpc", settings.tls);
}

rpc::ServerSettings server_settings(const GrpcSettings& settings) {
  rpc::ServerSettings out;
  for (const auto& endpoint : settings.listen) out.listen.push_back(config::format_endpoint(endpoint));
  if (settings.tls.any()) {
    out.tls.emplace();
    out.tls->authorities = settings.tls.ca;
    out.tls->certificate = settings.tls.certificate;
    out.tls->key = settings.tls.key;
  }
  out.plaintext_anywhere = settings.plaintext_anywhere;
  return out;
}

}  // namespace sotto::service
