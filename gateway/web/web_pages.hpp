// WebPages: what a browser gets that comes to the server: a page that says what the server is and who runs it, and the
// pages that SimpleX links lead to when they are opened in a browser. No script, nothing from elsewhere. Immutable,
// apart from what it asks the access policy; any thread.
#pragma once

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "libs/backend/access_policy.hpp"
#include "libs/crypto/certificate.hpp"
#include "libs/smp/address.hpp"

namespace sotto::gateway {

// Who runs the server, in words; what is empty is not mentioned. Websites and conditions are URLs.
struct ServerInformation {
  std::string operator_name;
  std::string operator_country;
  std::string website;
  std::string contact;
  std::string complaints;
  std::string hosting;
  std::string hosting_country;
  std::string conditions;
  std::string source;
};

enum class ShowAddress : std::uint8_t {
  automatic,  // when creating queues needs no password
  always,     // without the password
  never,
};

class WebPages {
 public:
  struct Facts {
    ServerInformation information;
    ShowAddress show_address = ShowAddress::automatic;
    std::vector<smp::Host> hosts;  // of the address; empty: it is not shown
    std::optional<std::uint16_t> port;
    crypto::Fingerprint fingerprint{};
    std::uint32_t quota = 0;                // messages that may wait in a queue; 0: not mentioned
    std::chrono::milliseconds lifetime{0};  // of messages that nobody fetches; 0: not mentioned
    bool private_routing = false;
  };
  // `access` must outlive it.
  WebPages(Facts facts, backend::AccessPolicy& access) : facts_(std::move(facts)), access_(access) {}

  struct Page {
    std::string body;     // HTML
    bool indexed = true;  // search engines may list it
  };
  // Of the path of a URL, without its query. Nothing: there is no such page.
  [[nodiscard]] std::optional<Page> find(std::string_view path) const;

 private:
  [[nodiscard]] std::string information_page() const;
  [[nodiscard]] std::string address_section(bool open) const;

  const Facts facts_;
  backend::AccessPolicy& access_;
};

}  // namespace sotto::gateway
