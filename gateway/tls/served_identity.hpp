// ServedIdentity: an identity with the TLS settings that are made of it. A connection shows one and the same, from its
// first byte of TLS to its signed key. Immutable and shared by whoever shows it, on any thread; its keys are wiped when
// the last of them lets it go.
#pragma once

#include <filesystem>
#include <memory>

#include "gateway/tls/identity.hpp"

namespace sotto::gateway {

struct ServedIdentity {
  Identity identity;
  std::shared_ptr<const transport::TlsContext> tls;
};
using ServedIdentityPtr = std::shared_ptr<const ServedIdentity>;

// As load_identity(); configuration, too, when it cannot be used for TLS.
// `browsers`: what who comes with a browser is shown; null: nothing.
Result<ServedIdentityPtr> load_served_identity(const std::filesystem::path& directory, SystemTime now,
                                               std::shared_ptr<const transport::BrowserTls> browsers = nullptr);

}  // namespace sotto::gateway
