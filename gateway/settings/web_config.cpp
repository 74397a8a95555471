#include "gateway/settings/web_config.hpp"

#include <algorithm>
#include <optional>

#include "libs/config/value.hpp"

namespace sotto::gateway {
namespace {

using std::chrono::hours;
using std::chrono::milliseconds;

constexpr hours kDay{24};
constexpr std::uint16_t kWebPort = 443;

Result<std::vector<smp::Host>> hosts_of(std::string_view text) {
  std::vector<smp::Host> out;
  for (const auto part : config::split_list(text)) {
    auto host = smp::parse_host(part);
    if (!host) return host.error();
    out.push_back(*std::move(host));
  }
  return out;
}

bool is_url(const std::string& text) {
  return text.starts_with("https://") || text.starts_with("http://");
}

std::optional<std::string> problem_with(const WebConfig& config) {
  if (config.certificate.empty() != config.key.empty()) {
    return "web.certificate and web.key go together: set both, or none";
  }
  if (const auto hosts = hosts_of(config.hosts); !hosts) return "web.hosts: " + hosts.error().message;
  if (config.show_address == ShowAddress::always && config.hosts.empty()) {
    return "web.show_address is always, but web.hosts is not set: say under which names clients reach the server";
  }
  for (const auto& [key, value] :
       {std::pair{"website", &config.information.website}, std::pair{"conditions", &config.information.conditions},
        std::pair{"source", &config.information.source}}) {
    if (!value->empty() && !is_url(*value)) {
      return std::string("information.") + key + " is no URL: it begins with https:// or http://";
    }
  }
  return std::nullopt;
}

}  // namespace

void web_rows(config::Table& table, GatewayConfig& all) {
  auto& config = all.web;
  constexpr const char* kPath = "a path, or empty";
  constexpr const char* kText = "a text, or empty";
  constexpr const char* kUrl = "a URL such as https://example.org/terms, or empty";
  table.section("web", "The page for browsers");
  table.text({"certificate", "web-certificate", "",
              "PEM file with the certificate for browsers, then those that issued it. Who comes to a port of "
              "transport.ports with a browser is then given the page; apps, which name no host in TLS, are served as "
              "ever. Empty: browsers are refused there. It is read again when it changes."},
             kPath, config.certificate);
  table.text({"key", "web-key", "", "PEM file with the key of web.certificate."}, kPath, config.key);
  table.endpoint({"listen", "web-listen", "",
                  "Where the page is given over plain HTTP, for use behind what adds TLS. Empty: nowhere."},
                 config.listen);
  table.choice(
      {"show_address", "web-show-address", "auto",
       "Whether the page shows the server's address with a QR code: auto, when creating queues needs no password; "
       "always, without the password; or never."},
      {{"auto", ShowAddress::automatic}, {"always", ShowAddress::always}, {"never", ShowAddress::never}},
      config.show_address);
  table.text({"hosts", "web-hosts", "",
              "Names and addresses under which apps reach the server, for the address that the page shows. Empty: it "
              "shows none."},
             "hosts with commas between them, such as smp.example.org,[2001:db8::1], or empty", config.hosts);
  table.section("information", "What the page says of the server");
  auto& information = config.information;
  table.text({"operator", "information-operator", "", "Who runs the server."}, kText, information.operator_name);
  table.text({"operator_country", "information-operator-country", "", "Where they are."}, kText,
             information.operator_country);
  table.text({"website", "information-website", "", "Their website."}, kUrl, information.website);
  table.text({"contact", "information-contact", "", "How to reach them: a mail address, a link, or words."}, kText,
             information.contact);
  table.text({"complaints", "information-complaints", "", "The same for complaints."}, kText, information.complaints);
  table.text({"hosting", "information-hosting", "", "Who hosts it."}, kText, information.hosting);
  table.text({"hosting_country", "information-hosting-country", "", "Where."}, kText, information.hosting_country);
  table.text({"conditions", "information-conditions", "", "Conditions of use."}, kUrl, information.conditions);
  table.text({"source", "information-source", "", "Where the source code is of what runs here."}, kUrl,
             information.source);
  table.rule([&config] { return problem_with(config); });
}

void web_queue_rows(config::Table& table, GatewayConfig& config) {
  table.integer({"quota", "information-quota", "0",
                 "What queues.quota of the queue services is, for the page. 0: it does not say."},
                {0U, 10'000U}, config.web.quota);
  table.duration({"message_lifetime", "information-message-lifetime", "0",
                  "What queues.message_lifetime of the queue services is, for the page. 0: it does not say."},
                 {milliseconds(0), 3650 * kDay}, config.web.lifetime);
}

Result<std::unique_ptr<WebCertificate>> open_web_certificate(const GatewayConfig& config) {
  if (config.web.certificate.empty()) return std::unique_ptr<WebCertificate>();
  auto opened = WebCertificate::open({config.web.certificate, config.web.key, config.identity_reload_interval});
  if (!opened) return Error{opened.error().code, "web.certificate, web.key: " + opened.error().message};
  return opened;
}

std::shared_ptr<const transport::BrowserTls> browsers_of(const std::unique_ptr<WebCertificate>& certificate) {
  return certificate ? certificate->browsers() : nullptr;
}

Result<std::unique_ptr<WebSite>> open_web_site(const GatewayConfig& config, const crypto::Fingerprint& fingerprint,
                                               backend::AccessPolicy& access) {
  const auto& web = config.web;
  if (web.certificate.empty() && !web.listen) return std::unique_ptr<WebSite>();
  WebPages::Facts facts;
  facts.information = web.information;
  facts.show_address = web.show_address;
  facts.hosts = hosts_of(web.hosts).value();
  // Apps find the usual ports by themselves; 0 is a free one, of a test.
  const auto& ports = config.ports;
  const auto found = [](std::uint16_t port) { return port == smp::kDefaultPort || port == kWebPort || port == 0; };
  if (!ports.empty() && std::none_of(ports.begin(), ports.end(), found)) facts.port = ports.front();
  facts.fingerprint = fingerprint;
  facts.quota = web.quota;
  facts.lifetime = web.lifetime;
  facts.private_routing = config.proxy.enabled;
  auto site = std::make_unique<WebSite>(std::move(facts), access);
  if (web.listen) {
    auto listener = WebListener::start(web.listen->address, web.listen->port, site->pages, site->counters);
    if (!listener) return listener.error();
    site->listener = *std::move(listener);
  }
  return site;
}

}  // namespace sotto::gateway
