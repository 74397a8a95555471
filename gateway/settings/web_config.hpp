// The settings of the page for browsers (docs/web.md): their rows, and what serves it. Pure, except where it says so;
// one thread.
#pragma once

#include <chrono>
#include <cstdint>
#include <memory>
#include <string>

#include "gateway/context.hpp"
#include "gateway/settings/gateway_config.hpp"
#include "gateway/web/web_certificate.hpp"
#include "gateway/web/web_listener.hpp"
#include "libs/backend/access_policy.hpp"
#include "libs/base/result.hpp"
#include "libs/config/table.hpp"

namespace sotto::gateway {

// Begins the sections [web] and [information].
void web_rows(config::Table& table, GatewayConfig& all);
// Two more rows of [information], where the program does not know by itself what the page shall say of queues.
void web_queue_rows(config::Table& table, GatewayConfig& config);

// What browsers are shown in TLS; a null pointer when no certificate is set. configuration: its files cannot be used.
Result<std::unique_ptr<WebCertificate>> open_web_certificate(const GatewayConfig& config);
// As TlsContext::server() takes it, of the above.
std::shared_ptr<const transport::BrowserTls> browsers_of(const std::unique_ptr<WebCertificate>& certificate);

// The pages, what counts who sees them, and where they are served without TLS. Not moved: others point into it.
struct WebSite {
  WebSite(WebPages::Facts facts, backend::AccessPolicy& access) : pages(std::move(facts), access) {}
  WebSite(const WebSite&) = delete;
  WebSite& operator=(const WebSite&) = delete;

  WebPages pages;
  WebCounters counters;
  Web web{pages, counters};
  std::unique_ptr<WebListener> listener;
};
// A null pointer when browsers are served nowhere. `access` must outlive it. configuration: web.listen cannot be
// listened on.
Result<std::unique_ptr<WebSite>> open_web_site(const GatewayConfig& config, const crypto::Fingerprint& fingerprint,
                                               backend::AccessPolicy& access);

}  // namespace sotto::gateway
