#include "admin-cli/doctor/identity_check.hpp"

#include <array>
#include <utility>

#include <fmt/format.h>

#include "admin-cli/certificate/ca_key.hpp"
#include "admin-cli/certificate/certificate_report.hpp"
#include "admin-cli/certificate/server_certificate.hpp"
#include "admin-cli/commands/identity_files.hpp"

namespace sotto::cli {

namespace fs = std::filesystem;

namespace {

constexpr int kWarnDays = 14;

Finding judge_dates(const crypto::Certificate& leaf, SystemTime now) {
  // The latest time that can be told: those of `sotto init` end centuries later.
  const bool far = leaf.not_after == SystemTime::max();
  const auto end = time_text(leaf.not_after) + (far ? " or later" : "");
  const std::string remedy = "make a new one, `sotto cert rotate`: running servers take it by themselves";
  if (now < leaf.not_before) {
    return failed("the certificate is not valid before " + time_text(leaf.not_before) + ": no client connects",
                  "see the clock of this machine, and of the one that made it");
  }
  if (now > leaf.not_after) return failed("the certificate ended at " + end + ": no client connects", remedy);
  const auto days = days_until(leaf.not_after, now);
  if (days < kWarnDays) return warning(fmt::format("the certificate ends in {} days, at {}", days, end), remedy);
  return fine("the certificate is valid until " + end);
}

void judge_files(const fs::path& directory, SystemTime now, Findings& findings) {
  const auto certificate = read_server_certificate(directory);
  if (!certificate) {
    findings.push_back(failed(certificate.error().message, "restore the identity directory from its backup"));
    return;
  }
  if (const auto status = check_server_key(directory, *certificate); !status) {
    findings.push_back(failed(status.error().message,
                              "restore the identity directory from its backup, or make a new key and certificate with "
                              "the key of the CA, `sotto cert rotate`; where the key may not be read, run as the "
                              "server's user"));
  }
  auto dates = judge_dates(certificate->leaf, now);
  if (findings.empty() && dates.state == State::ok) dates.seen = "certificates and key belong together; " + dates.seen;
  findings.push_back(std::move(dates));
}

// Kubernetes gives files of a mounted Secret to the group of the pod, and nobody else is in it.
bool mounted_by_kubernetes(const fs::path& directory) {
  std::error_code ignored;
  return fs::is_symlink(directory / "..data", ignored);
}

void judge_permissions(const fs::path& directory, Findings& findings) {
  using fs::perms;
  const auto others = mounted_by_kubernetes(directory) ? perms::others_all : perms::group_all | perms::others_all;
  const std::array files{directory / "server.key",
                         directory / "server.key.pending",
                         directory / "server.key.previous",
                         directory / "password",
                         directory / "password.key",
                         directory / "ca.key",
                         default_ca_key_dir(directory) / "ca.key"};
  for (const auto& file : files) {
    std::error_code error;
    const auto status = fs::status(file, error);
    if (error || !fs::is_regular_file(status)) continue;
    if ((status.permissions() & others) == perms::none) continue;
    findings.push_back(failed(fmt::format("{} can be read by others (mode {:04o})", file.string(),
                                          static_cast<unsigned>(status.permissions())),
                              "chmod 600 " + file.string() + "; if others may have read it, make anew what it holds"));
  }
}

}  // namespace

Findings check_identity(const fs::path& directory, SystemTime now) {
  Findings findings;
  judge_files(directory, now, findings);
  judge_permissions(directory, findings);
  if (const auto place = ca_key_place(directory); place != CaKeyPlace::absent) {
    const auto key = (place == CaKeyPlace::inside ? directory : default_ca_key_dir(directory)) / "ca.key";
    findings.push_back(warning("the key of the CA is here: " + key.string(),
                               "move it offline: the server does not need it, and whoever has it can be the server"));
  }
  return findings;
}

}  // namespace sotto::cli
