// Checkup: all checks of `sotto doctor` over one server, each by its name. Owned by the command; one thread.
#pragma once

#include <filesystem>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "admin-cli/admin/admin_connection.hpp"
#include "admin-cli/doctor/finding.hpp"
#include "admin-cli/doctor/subject.hpp"
#include "libs/base/clock.hpp"
#include "libs/smp/address.hpp"

namespace sotto::cli {

// In the order in which they are done.
std::vector<std::string> check_names();

class Checkup {
 public:
  struct Options {
    std::filesystem::path identity_dir;  // empty: that of the settings
    std::vector<smp::Host> hosts;        // empty: those of the identity
    // The server that is asked; null: by the socket of the settings.
    AdminConnection* server = nullptr;
  };

  Checkup(const Subject& subject, Options options);

  // Those with these names, whatever each of them finds. No check takes more than some seconds.
  [[nodiscard]] std::vector<Check> run(const std::set<std::string>& names, SystemTime now) const;

 private:
  [[nodiscard]] Findings settings(SystemTime now) const;
  [[nodiscard]] Findings identity(SystemTime now) const;
  [[nodiscard]] Findings clock(SystemTime now) const;
  [[nodiscard]] Findings dns(SystemTime now) const;
  [[nodiscard]] Findings ports(SystemTime now) const;
  [[nodiscard]] Findings proxy(SystemTime now) const;
  [[nodiscard]] Findings limits(SystemTime now) const;
  [[nodiscard]] Findings database(SystemTime now) const;
  [[nodiscard]] Findings redis(SystemTime now) const;
  [[nodiscard]] Findings metrics(SystemTime now) const;
  [[nodiscard]] Findings admin(SystemTime now) const;

  struct Row;
  static const std::vector<Row>& rows();
  // Why a check that the program has nothing for, or whose settings are not known, is skipped.
  [[nodiscard]] Findings skip(std::string_view lacks) const;
  // Absent: the program has none, or it is not known.
  [[nodiscard]] std::optional<std::filesystem::path> identity_dir() const;

  friend std::vector<std::string> check_names();

  const Subject& subject_;
  const Options options_;
};

}  // namespace sotto::cli
