// What the commands of `sotto cert` say about a certificate, for people and for programs: the same in all of them.
// Plain functions.
#pragma once

#include <string>
#include <string_view>

#include <nlohmann/json.hpp>

#include "admin-cli/commands/console.hpp"
#include "libs/base/clock.hpp"
#include "libs/crypto/certificate.hpp"

namespace sotto::cli {

struct CertificateReport {
  crypto::Fingerprint fingerprint{};  // of the identity
  crypto::Certificate leaf;
  crypto::KeyKind kind = crypto::KeyKind::ed25519;
};
CertificateReport report_of(const crypto::Fingerprint& fingerprint, ByteView leaf_der);

// Whole days until `time`, less than zero when it is over.
std::int64_t days_until(SystemTime time, SystemTime now);
// "2026-11-24T17:00:00Z"
std::string time_text(SystemTime time);

// Lines of a name and a value each.
std::string to_text(const CertificateReport& report, SystemTime now);
// With schemaVersion; commands add to it.
nlohmann::ordered_json to_json(const CertificateReport& report, SystemTime now);

// What became of server.key and server.crt.
struct Change {
  std::string_view what;  // "made anew"
  std::string identity_dir;
  bool changed = false;  // false: a dry run
  bool kept = false;     // the former ones are still there, or would be
};
// The report on the output, and for people what happened.
void print_change(const Change& change, const CertificateReport& report, bool json, Console& console);

}  // namespace sotto::cli
