// Server address: smp://<fingerprint>[:<password>]@<host>[,<host>…][:<port>] (docs/wire.md section 2). A value. Its
// password is a secret: print() shows it only when asked.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "libs/base/result.hpp"
#include "libs/base/secret.hpp"
#include "libs/crypto/certificate.hpp"

namespace sotto::smp {

inline constexpr std::uint16_t kDefaultPort = 5223;

enum class HostKind : std::uint8_t { domain, ipv4, ipv6, onion };

struct Host {
  HostKind kind = HostKind::domain;
  std::string name;  // IPv6 without brackets, in its canonical form
  friend bool operator==(const Host&, const Host&) = default;
};

// invalid_argument with what is wrong (empty, character, label length …). Brackets around IPv6 are accepted.
Result<Host> parse_host(std::string_view text);

enum class ShowPassword : std::uint8_t { no, yes };

struct ServerAddress {
  crypto::Fingerprint fingerprint{};
  std::optional<SecretString> password;
  std::vector<Host> hosts;            // at least one
  std::optional<std::uint16_t> port;  // absent: the client's default, 5223 or 443

  // Canonical text: padded fingerprint, IPv6 in brackets. parse(print(yes)) gives an equal address.
  [[nodiscard]] std::string print(ShowPassword show) const;
};

// invalid_argument naming the part that is wrong and, for common slips (two ports, `http://`, a queue link pasted
// instead, lost characters of the fingerprint), the remedy. The message never holds the password.
Result<ServerAddress> parse_address(std::string_view text);

// Printable ASCII without whitespace, `@`, `:`, `/`; not empty; at most 255 bytes. invalid_argument naming the
// character class that is wrong, never the password.
Status check_password(std::string_view password);

}  // namespace sotto::smp
