#include "gateway/tls/served_identity.hpp"

#include <utility>

namespace sotto::gateway {

Result<ServedIdentityPtr> load_served_identity(const std::filesystem::path& directory, SystemTime now,
                                               std::shared_ptr<const transport::BrowserTls> browsers) {
  auto identity = load_identity(directory, now);
  if (!identity) return identity.error();
  auto tls = transport::TlsContext::server(identity->credentials, std::move(browsers));
  if (!tls) return tls.error();
  return ServedIdentityPtr(
      std::make_shared<const ServedIdentity>(ServedIdentity{std::move(*identity), *std::move(tls)}));
}

}  // namespace sotto::gateway
