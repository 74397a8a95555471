#include "admin-cli/doctor/clock_check.hpp"

#include <sys/timex.h>

#include <fmt/format.h>

#include "admin-cli/doctor/endpoint_connection.hpp"
#include "libs/postgres/admin_session.hpp"

namespace sotto::cli {

using std::chrono::milliseconds;
using std::chrono::seconds;

namespace {

constexpr seconds kWarnAbove{2};
constexpr seconds kFailAbove{30};

}  // namespace

bool clock_is_synchronised() {
  timex state{};  // no modes: only asks
  return adjtimex(&state) < 0 || (static_cast<unsigned>(state.status) & STA_UNSYNC) == 0;
}

Finding judge_synchronised(bool synchronised) {
  if (synchronised) return fine("the kernel says that the clock is synchronised");
  return warning("the kernel says that nothing synchronises the clock",
                 "run a time service on the machine (systemd-timesyncd, chrony); in a container it is the host's");
}

Finding judge_difference(milliseconds ahead) {
  const auto distance = std::chrono::abs(ahead);
  if (distance <= kWarnAbove) return fine("the clock agrees with that of the database");
  const auto seen =
      fmt::format("the clock is {} s {} that of the database", std::chrono::duration_cast<seconds>(distance).count(),
                  ahead.count() > 0 ? "ahead of" : "behind");
  const std::string remedy = "synchronise the clocks of both machines";
  return distance > kFailAbove ? failed(seen, remedy) : warning(seen, remedy);
}

Finding compare_with_database(const postgres::ConnectOptions& database) {
  const auto session = postgres::AdminSession::connect(database);
  if (!session) return skipped("the database cannot be asked for its time (see the check database)");
  const auto before = std::chrono::system_clock::now();
  const auto rows = (*session)->query("SELECT (extract(epoch FROM clock_timestamp()) * 1000)::bigint", kQuick);
  const auto after = std::chrono::system_clock::now();
  if (!rows) return skipped("the database cannot be asked for its time (see the check database)");
  // It read its clock somewhere between the two.
  const auto middle = before + (after - before) / 2;
  const auto here = std::chrono::duration_cast<milliseconds>(middle.time_since_epoch());
  return judge_difference(here - milliseconds(rows->integer(0, 0)));
}

}  // namespace sotto::cli
