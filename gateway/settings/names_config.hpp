// The settings of the resolver of names (docs/names.md): their rows, and the resolver that they describe. Pure, except
// where it says so; one thread.
#pragma once

#include <memory>

#include "gateway/names/http_name_resolver.hpp"
#include "gateway/settings/gateway_config.hpp"
#include "libs/base/result.hpp"
#include "libs/config/table.hpp"

namespace sotto::gateway {

// Begins the section [names].
void names_rows(config::Table& table, GatewayConfig& config);

// As the resolver wants them. Precondition: there is a URL, and the rules of names_rows() hold.
HttpNameResolver::Options name_resolver_options(const GatewayConfig& config);

// Starts the resolver of these settings; a null pointer when they name none. configuration: the CA file cannot be used.
Result<std::unique_ptr<HttpNameResolver>> open_name_resolver(const GatewayConfig& config);

}  // namespace sotto::gateway
