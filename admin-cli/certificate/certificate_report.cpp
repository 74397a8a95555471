#include "admin-cli/certificate/certificate_report.hpp"

#include <array>
#include <ctime>

#include "admin-cli/certificate/server_certificate.hpp"

namespace sotto::cli {
namespace {

constexpr int kSchemaVersion = 1;

// Most certificates end in the year 4764, which SystemTime does not reach.
bool beyond(SystemTime time) {
  return time == SystemTime::max();
}

}  // namespace

CertificateReport report_of(const crypto::Fingerprint& fingerprint, ByteView leaf_der) {
  return {fingerprint, crypto::parse_certificate(leaf_der).value(), crypto::certificate_key(leaf_der)->kind()};
}

std::int64_t days_until(SystemTime time, SystemTime now) {
  // In seconds: the difference of the limits of SystemTime is beyond them.
  const auto seconds = std::chrono::seconds(unix_seconds(time) - unix_seconds(now));
  return std::chrono::floor<std::chrono::days>(seconds).count();
}

std::string time_text(SystemTime time) {
  const auto seconds = static_cast<std::time_t>(unix_seconds(time));
  std::tm parts{};
  gmtime_r(&seconds, &parts);
  std::array<char, 32> text{};
  return {text.data(), std::strftime(text.data(), text.size(), "%Y-%m-%dT%H:%M:%SZ", &parts)};
}

std::string to_text(const CertificateReport& report, SystemTime now) {
  const auto& leaf = report.leaf;
  const bool far = beyond(leaf.not_after);
  std::string out;
  const auto line = [&out](std::string name, const std::string& value) {
    name.resize(14, ' ');
    out += name + value + '\n';
  };
  line("fingerprint", to_base64url(report.fingerprint));
  line("subject", leaf.subject_common_name);
  line("algorithm", std::string(algorithm_name(report.kind)));
  line("not before", time_text(leaf.not_before));
  line("not after", time_text(leaf.not_after) + (far ? " or later" : ""));
  line("days left", std::to_string(days_until(leaf.not_after, now)) + (far ? " or more" : ""));
  return out;
}

nlohmann::ordered_json to_json(const CertificateReport& report, SystemTime now) {
  const auto& leaf = report.leaf;
  return {{"schemaVersion", kSchemaVersion},
          {"fingerprint", to_base64url(report.fingerprint)},
          {"subject", leaf.subject_common_name},
          {"algorithm", algorithm_name(report.kind)},
          {"notBefore", time_text(leaf.not_before)},
          {"notAfter", time_text(leaf.not_after)},
          {"daysLeft", days_until(leaf.not_after, now)}};
}

void print_change(const Change& change, const CertificateReport& report, bool json, Console& console) {
  const auto now = std::chrono::system_clock::now();
  if (json) {
    auto document = to_json(report, now);
    document["changed"] = change.changed;
    document["backup"] = change.kept && change.changed;
    console.out << document.dump(2) << '\n';
  } else {
    console.out << to_text(report, now);
  }
  if (!change.changed) {
    console.err << "Dry run: nothing was changed.\n";
    return;
  }
  console.err << "Certificate: " << change.what << ", in " << change.identity_dir;
  if (change.kept) console.err << " (the former one: server.crt.previous, server.key.previous)";
  console.err << "\n  Running servers take it within identity.reload_interval (5s), at once after SIGHUP.\n";
}

}  // namespace sotto::cli
