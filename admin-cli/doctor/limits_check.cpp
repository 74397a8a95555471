#include "admin-cli/doctor/limits_check.hpp"

#include <errno.h>
#include <sys/resource.h>
#include <sys/statvfs.h>

#include <system_error>

#include <fmt/format.h>

namespace sotto::cli {

namespace fs = std::filesystem;

namespace {

constexpr std::uint64_t kMiB = std::uint64_t{1} << 20U;
constexpr std::uint64_t kGiB = 1024 * kMiB;

// Files of a server that are no connections: those of its store, listeners, connections to services.
constexpr std::uint64_t kOtherFiles = 700;
// A limit that systems have unless somebody raises it, and what is worth a word.
constexpr std::uint64_t kFewFiles = 4096;

constexpr std::uint64_t kWarnPercent = 10;
constexpr std::uint64_t kFailPercent = 2;

const char* const kRaise = "raise the limit of open files (LimitNOFILE= of systemd, ulimits of the container)";

std::string size_text(std::uint64_t bytes) {
  constexpr std::uint64_t kTenths = 10;
  if (bytes < kGiB) return fmt::format("{} MiB", bytes / kMiB);
  const auto tenths = bytes / (kGiB / kTenths);
  return fmt::format("{}.{} GiB", tenths / kTenths, tenths % kTenths);
}

}  // namespace

FileLimit own_file_limit() {
  rlimit limit{};
  getrlimit(RLIMIT_NOFILE, &limit);
  return {limit.rlim_max, false};
}

Finding judge_files(const FileLimit& limit, std::uint64_t max_connections) {
  const auto seen = fmt::format("{} open files are the limit {}", limit.files,
                                limit.of_server ? "of the server" : "here, where the server may have another");
  if (max_connections != 0 && limit.files < max_connections + kOtherFiles) {
    return {limit.of_server ? State::failed : State::warning,
            fmt::format("{}: too few for transport.max_connections = {}", seen, max_connections),
            fmt::format("{} to {} at least, or lower the setting", kRaise, max_connections + kOtherFiles)};
  }
  if (limit.files < kFewFiles) return warning(seen + ": each connection takes one", kRaise);
  return fine(seen);
}

Finding judge_space(const std::string& directory, const Space& space) {
  const auto percent = space.total == 0 ? 0 : space.free * 100 / space.total;
  const auto seen = fmt::format("{} free ({} %) for {}", size_text(space.free), percent, directory);
  const std::string remedy =
      "give the file system more room, or remove what else is on it: a server that cannot store refuses messages";
  if (space.free < kGiB || percent < kFailPercent) return failed(seen, remedy);
  if (percent < kWarnPercent) return warning(seen, remedy);
  return fine(seen);
}

Finding check_space(const fs::path& directory) {
  auto existing = fs::absolute(directory);
  std::error_code error;
  while (!fs::exists(existing, error) && existing.has_relative_path()) existing = existing.parent_path();
  struct statvfs found {};
  if (statvfs(existing.c_str(), &found) != 0) {
    return failed(existing.string() + ": " + std::generic_category().message(errno),
                  "correct storage.data_dir, or run as the server's user");
  }
  return judge_space(directory.string(), {found.f_bavail * found.f_frsize, found.f_blocks * found.f_frsize});
}

}  // namespace sotto::cli
