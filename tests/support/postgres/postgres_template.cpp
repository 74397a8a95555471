#include "tests/support/postgres/postgres_template.hpp"

#include <pwd.h>
#include <unistd.h>

#include <charconv>
#include <fstream>
#include <stdexcept>
#include <utility>
#include <vector>

#include "tests/support/child/child.hpp"
#include "tests/support/child/temp_dir.hpp"

namespace sotto::test {
namespace {

// Part of the name: counts up when the arguments of initdb below change.
constexpr const char* kEdition = "1";

void run_as_postgres_user(std::vector<std::string> arguments, const std::filesystem::path& directory,
                          const std::filesystem::path& log) {
  Child::Options options;
  options.arguments = std::move(arguments);
  options.environment = {"LC_ALL=C"};
  options.log = log;
  options.user = postgres_user();
  options.working_directory = directory;
  Child child(options);
  if (const int code = child.wait(std::chrono::seconds(120)); code != 0) {
    throw std::runtime_error(options.arguments.front() + " failed with " + std::to_string(code) + ":\n" + child.log());
  }
}

std::filesystem::path find_programs() {
  std::filesystem::path newest;
  int newest_version = 0;
  std::error_code none;
  for (const auto& entry : std::filesystem::directory_iterator("/usr/lib/postgresql", none)) {
    const auto name = entry.path().filename().string();
    int version = 0;
    std::from_chars(name.data(), name.data() + name.size(), version);
    if (version > newest_version && std::filesystem::exists(entry.path() / "bin" / "initdb")) {
      newest_version = version;
      newest = entry.path() / "bin";
    }
  }
  if (newest.empty()) {
    throw std::runtime_error("no PostgreSQL server below /usr/lib/postgresql: scripts/install-packages");
  }
  return newest;
}

// Makes the template beside its place and moves it there as a whole; whoever is first wins.
void make_template(const std::filesystem::path& place) {
  const TempDir work;
  give_to_postgres_user(work.path());
  const auto password_file = work.path() / "password";
  std::ofstream(password_file) << kPostgresPassword << '\n';
  const auto made = work.path() / "data";
  run_as_postgres_user({postgres_programs() / "initdb", "--pgdata=" + made.string(), "--no-sync", "--no-locale",
                        "--encoding=UTF8", "--auth=trust", std::string("--username=") + kPostgresRole,
                        "--pwfile=" + password_file.string(), "--no-instructions"},
                       work.path(), work.path() / "log");
  std::error_code error;
  std::filesystem::rename(made, place, error);
  if (error && !std::filesystem::exists(place)) {
    throw std::runtime_error("no template of a database cluster at " + place.string() + ": " + error.message());
  }
}

}  // namespace

const std::filesystem::path& postgres_programs() {
  static const auto programs = find_programs();
  return programs;
}

std::string postgres_user() {
  return geteuid() == 0 ? "postgres" : "";
}

void give_to_postgres_user(const std::filesystem::path& directory) {
  const auto name = postgres_user();
  if (name.empty()) return;
  const passwd* user = getpwnam(name.c_str());
  if (user == nullptr) throw std::runtime_error("there is no user " + name + ": scripts/install-packages");
  if (chown(directory.c_str(), user->pw_uid, user->pw_gid) != 0) {
    throw std::runtime_error(directory.string() + " cannot be given to the user " + name);
  }
}

void copy_postgres_template(const std::filesystem::path& data) {
  const auto version = postgres_programs().parent_path().filename().string();
  const auto place = std::filesystem::temp_directory_path() /
                     ("sotto-postgres-" + version + "-" + kEdition + "-" + std::to_string(geteuid()));
  if (!std::filesystem::exists(place)) make_template(place);
  run_as_postgres_user({"cp", "--archive", "--reflink=auto", place, data}, data.parent_path(),
                       data.parent_path() / "log");
}

}  // namespace sotto::test
