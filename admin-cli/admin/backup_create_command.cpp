// `sotto backup create`.
#include <sotto/admin/v1/admin.grpc.pb.h>

#include <chrono>

#include <CLI/CLI.hpp>
#include <fmt/chrono.h>
#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include "admin-cli/admin/admin_commands.hpp"
#include "admin-cli/admin/admin_connection.hpp"

namespace sotto::cli {
namespace {

namespace v1 = sotto::admin::v1;

// Where the tables cannot be links, all of the store is copied.
constexpr std::chrono::seconds kCopyLimit = std::chrono::hours(1);

std::string name_of_now() {
  const auto now = std::chrono::floor<std::chrono::seconds>(std::chrono::system_clock::now());
  return fmt::format("{:%Y%m%dT%H%M%SZ}", fmt::gmtime(std::chrono::system_clock::to_time_t(now)));
}

class BackupCreateCommand final : public Command {
 public:
  explicit BackupCreateCommand(CLI::App& app) {
    server_.declare(app);
    app.add_option("--name", name_, "Its name; default: the time, as 20270131T031500Z");
    app.add_flag("--json", json_, "One JSON document");
    app.footer(
        "Examples:\n"
        "  sotto backup create\n"
        "  sotto backup create --name before-upgrade\n"
        "\n"
        "It is made below 'backups' in the data directory of the server. The identity is not in it. Exit codes: 0 "
        "made,\n"
        "1 the store cannot be copied, 2 usage, 3 the directory of backups cannot be used, 4 the server is not "
        "reached,\n"
        "5 not allowed, 7 there is one of this name, another one is being made, or this server has no store of its "
        "own.");
  }
  int run(Console& console) override {
    auto stub = server_.make_stub<v1::BackupAdmin>();
    if (!stub) return report(stub.error(), console);
    v1::CreateBackupRequest request;
    request.set_name(name_.empty() ? name_of_now() : name_);
    v1::CreateBackupResponse made;
    if (auto status = server_.call(**stub, &v1::BackupAdmin::Stub::CreateBackup, request, made, kCopyLimit); !status) {
      return report(explained(status.error()), console);
    }
    if (json_) {
      const nlohmann::ordered_json json{{"schemaVersion", 1},
                                        {"name", request.name()},
                                        {"directory", made.directory()},
                                        {"files", made.files()},
                                        {"bytes", made.bytes()}};
      console.out << json.dump(2) << '\n';
    } else {
      console.out << fmt::format("backup     {}\ndirectory  {}\nfiles      {}\nbytes      {}\n", request.name(),
                                 made.directory(), made.files(), made.bytes());
    }
    console.err << "The identity is not in it, with its keys and the key of stored passwords: keep a copy of its\n"
                   "directory in another place.\n";
    return kExitOk;
  }

 private:
  static Error explained(const Error& error) {
    if (error.code != ErrorCode::protocol) return error;
    return {ErrorCode::conflict,
            "this server has no store of its own to make a backup of: it is part of a platform, whose data is in "
            "PostgreSQL (pg_dump), it keeps everything in memory, or it is of a former version"};
  }

  AdminConnection server_;
  std::string name_;
  bool json_ = false;
};

}  // namespace

std::unique_ptr<Command> make_backup_create_command(CLI::App& app) {
  return std::make_unique<BackupCreateCommand>(app);
}

}  // namespace sotto::cli
