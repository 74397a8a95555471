#include "tests/support/postgres/postgres_server.hpp"

#include <libpq-fe.h>
#include <sys/shm.h>

#include <csignal>
#include <fstream>
#include <iterator>
#include <memory>
#include <stdexcept>
#include <utility>

#include "tests/support/child/free_port.hpp"
#include "tests/support/postgres/postgres_template.hpp"
#include "tests/support/postgres/process_tree.hpp"

namespace sotto::test {
namespace {

constexpr std::chrono::seconds kPatience(60);
constexpr int kAttempts = 5;  // somebody else may take the port between our look and the server's

using Connection = std::unique_ptr<PGconn, decltype(&PQfinish)>;
using Rows = std::unique_ptr<PGresult, decltype(&PQclear)>;

Connection connect(const std::string& conninfo) {
  return {PQconnectdb(conninfo.c_str()), &PQfinish};
}

// As a value of a conninfo string.
std::string quoted(const std::string& text) {
  std::string out = "'";
  for (const char c : text) {
    if (c == '\'' || c == '\\') out += '\\';
    out += c;
  }
  return out + "'";
}

}  // namespace

PostgresServer::PostgresServer() : PostgresServer(Options{}) {}

PostgresServer::PostgresServer(Options options) : options_(std::move(options)) {
  give_to_postgres_user(directory_.path());
  copy_postgres_template(directory_.path() / "data");
  write_access_rules();
  start();
}

PostgresServer::~PostgresServer() {
  if (child_ && child_->running()) {
    child_->signal(SIGQUIT);  // at once, without writing anything
    try {
      child_->wait();
    } catch (const std::exception&) {
      kill();
    }
  }
  remove_shared_memory();
}

std::string PostgresServer::conninfo(const std::string& database) const {
  return "host=127.0.0.1 port=" + std::to_string(port_) + " user=" + kPostgresRole + " dbname=" + database;
}

std::string PostgresServer::url(const std::string& database) const {
  return std::string("postgresql://") + kPostgresRole + "@127.0.0.1:" + std::to_string(port_) + "/" + database;
}

std::string PostgresServer::password() {
  return kPostgresPassword;
}

std::string PostgresServer::conninfo_with_password(const std::string& database) const {
  return conninfo(database) + " connect_timeout=10 password=" + quoted(kPostgresPassword);
}

std::string PostgresServer::create_database(const std::string& name) {
  execute("CREATE DATABASE " + name);
  return conninfo(name);
}

std::string PostgresServer::execute(const std::string& sql, const std::string& database) {
  const auto connection = connect(conninfo_with_password(database));
  const Rows rows(PQexec(connection.get(), sql.c_str()), &PQclear);
  const auto status = PQresultStatus(rows.get());
  if (status != PGRES_COMMAND_OK && status != PGRES_TUPLES_OK) {
    throw std::runtime_error(std::string("SQL failed: ") + PQerrorMessage(connection.get()));
  }
  return PQntuples(rows.get()) > 0 && PQnfields(rows.get()) > 0 ? PQgetvalue(rows.get(), 0, 0) : "";
}

void PostgresServer::write_access_rules() const {
  std::ofstream(directory_.path() / "data" / "pg_hba.conf")
      << "host all all 127.0.0.1/32 " << (options_.ask_password ? "scram-sha-256" : "trust") << '\n';
}

Child::Options PostgresServer::command() const {
  std::vector<std::string> settings = {
      "listen_addresses=127.0.0.1",
      "port=" + std::to_string(port_),
      "unix_socket_directories=",
      "shared_buffers=16MB",
      "max_connections=100",
      "dynamic_shared_memory_type=mmap",  // in our directory, so that nothing is left when it is killed
      "log_line_prefix=%m [%p] ",
  };
  if (!options_.durable) {
    settings.insert(settings.end(), {"fsync=off", "full_page_writes=off", "synchronous_commit=off"});
  }
  settings.insert(settings.end(), options_.settings.begin(), options_.settings.end());
  Child::Options command;
  command.arguments = {postgres_programs() / "postgres", "-D", directory_.path() / "data"};
  for (const auto& setting : settings) {
    command.arguments.emplace_back("-c");
    command.arguments.push_back(setting);
  }
  command.environment = {"LC_ALL=C", "TZ=UTC"};
  command.log = directory_.path() / "log";
  command.user = postgres_user();
  command.working_directory = directory_.path();
  return command;
}

bool PostgresServer::accepts() const {
  return PQstatus(connect(conninfo_with_password("postgres")).get()) == CONNECTION_OK;
}

void PostgresServer::start() {
  if (child_ && child_->running()) return;
  const bool first = port_ == 0;
  for (int attempt = 1; attempt <= kAttempts; ++attempt) {
    if (first) port_ = free_port();
    child_.emplace(command());
    bool up = false;
    wait_until(
        "PostgreSQL to accept connections", [&] { return (up = accepts()) || !child_->running(); }, kPatience);
    // Another server may answer on the port that ours did not get.
    if (up && child_->running() && execute("SHOW data_directory") == (directory_.path() / "data").string()) return;
    child_->kill();
  }
  throw std::runtime_error("PostgreSQL does not start:\n" + log());
}

void PostgresServer::stop() {
  if (!child_ || !child_->running()) return;
  child_->signal(SIGINT);
  child_->wait(kPatience);
}

void PostgresServer::kill() {
  if (!child_ || !child_->running()) return;
  child_->signal(SIGSTOP);  // no new sessions while we look
  const auto sessions = children_of(child_->pid());
  for (const pid_t session : sessions) ::kill(session, SIGKILL);
  child_->kill();
  wait_until("the sessions of PostgreSQL to end", [&] {
    for (const pid_t session : sessions) {
      if (is_running(session)) return false;
    }
    return true;
  });
}

void PostgresServer::restart() {
  stop();
  start();
}

std::vector<pid_t> PostgresServer::pids() const {
  if (!child_ || child_->pid() < 0) return {};
  auto all = children_of(child_->pid());
  all.insert(all.begin(), child_->pid());
  return all;
}

std::string PostgresServer::log() const {
  std::ifstream in(directory_.path() / "log", std::ios::binary);
  return {std::istreambuf_iterator<char>(in), {}};
}

// A server that was killed leaves the segment by which a second server on the same files is noticed.
void PostgresServer::remove_shared_memory() const {
  std::ifstream lock(directory_.path() / "data" / "postmaster.pid");
  std::string line;
  for (int number = 1; number < 7; ++number) std::getline(lock, line);
  long key = 0;
  int id = 0;
  if (lock >> key >> id) shmctl(id, IPC_RMID, nullptr);
}

}  // namespace sotto::test
