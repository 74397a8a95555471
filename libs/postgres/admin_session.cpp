#include "libs/postgres/admin_session.hpp"

#include <charconv>
#include <optional>
#include <pqxx/pqxx>
#include <stdexcept>
#include <utility>

#include "libs/postgres/session.hpp"

namespace sotto::postgres {
namespace {

using Clock = std::chrono::steady_clock;

constexpr const char* kQueryCanceled = "57014";

// Gives libpqxx a session that is open already, once. It connects again by itself otherwise, to a session without our
// settings; and it would keep a copy of the password.
class OpenedBefore final : public pqxx::connectionpolicy {
 public:
  explicit OpenedBefore(Session session) : connectionpolicy(""), session_(std::move(session)) {}
  handle do_startconnect(handle present) override {
    if (present != nullptr) return present;
    if (!session_) throw pqxx::broken_connection("");
    return session_.release();
  }

 private:
  Session session_;
};

// "ERROR:  the message", in the language of the server.
std::string without_severity(const std::string& text) {
  constexpr std::string_view kEnd = ":  ";
  const auto end = text.find(kEnd);
  return end == std::string::npos ? text : text.substr(end + kEnd.size());
}

Error error_of(const pqxx::failure& failure) {
  const std::string text = without_severity(failure.what());
  if (const auto* error = dynamic_cast<const pqxx::sql_error*>(&failure); error != nullptr) {
    if (!error->sqlstate().empty()) return server_error(error->sqlstate(), text);
  }
  // libpqxx drops the SQLSTATE of these.
  if (dynamic_cast<const pqxx::serialization_failure*>(&failure) != nullptr) return server_error("40001", text);
  if (dynamic_cast<const pqxx::statement_completion_unknown*>(&failure) != nullptr) return server_error("40003", text);
  if (dynamic_cast<const pqxx::deadlock_detected*>(&failure) != nullptr) return server_error("40P01", text);
  if (dynamic_cast<const pqxx::transaction_rollback*>(&failure) != nullptr) return server_error("40000", text);
  // Its text is about what libpqxx wanted to do next: the client encoding of a session that is gone.
  if (dynamic_cast<const pqxx::broken_connection*>(&failure) != nullptr) return lost_error("");
  return lost_error(text);
}

// Runs it; what the server or the network is to blame for becomes an Error. `limit` as the server was told.
std::optional<Error> attempt(std::chrono::milliseconds limit, const std::function<void()>& call) {
  const auto start = Clock::now();
  try {
    call();
    return {};
  } catch (const pqxx::failure& failure) {
    const auto* error = dynamic_cast<const pqxx::sql_error*>(&failure);
    // An operator may have cancelled it, too.
    if (error != nullptr && error->sqlstate() == kQueryCanceled && Clock::now() - start >= limit) {
      return Error{ErrorCode::timeout, "PostgreSQL did not answer in time"};
    }
    return error_of(failure);
  }
}

TextRows rows_of(const pqxx::result& result) {
  std::vector<std::vector<std::string>> rows;
  rows.reserve(result.size());
  for (const auto& row : result) {
    auto& out = rows.emplace_back();
    for (const auto& field : row) out.emplace_back(field.c_str(), field.size());
  }
  return TextRows(std::move(rows));
}

}  // namespace

const std::string& TextRows::text(std::size_t row, std::size_t column) const {
  if (row >= rows_.size() || column >= rows_[row].size()) {
    throw std::logic_error("a result was read beyond its rows or columns");
  }
  return rows_[row][column];
}

std::int64_t TextRows::integer(std::size_t row, std::size_t column) const {
  const auto& value = text(row, column);
  std::int64_t out = 0;
  const auto [end, error] = std::from_chars(value.data(), value.data() + value.size(), out);
  if (error != std::errc() || end != value.data() + value.size()) {
    throw std::logic_error("a column was read as a number that is none, or is NULL");
  }
  return out;
}

class AdminSession::Link final : public pqxx::connection_base {
 public:
  // Without detail and context, which show values.
  explicit Link(Session session) : connection_base(policy_), policy_(std::move(session)) {
    init();
    set_verbosity(terse);
  }
  Link(const Link&) = delete;
  Link& operator=(const Link&) = delete;
  ~Link() { close(); }

 private:
  OpenedBefore policy_;
};

class AdminSession::Work final : public Transaction {
 public:
  Work(pqxx::work& work, std::chrono::milliseconds limit) : work_(work), limit_(limit) {}

  Result<TextRows> query(const std::string& sql, const std::vector<std::string>& parameters) override {
    pqxx::result result;
    auto error =
        attempt(limit_, [&] { result = work_.exec_params(sql, pqxx::prepare::make_dynamic_params(parameters)); });
    if (error) return *std::move(error);
    return rows_of(result);
  }

  Status script(const std::string& sql) override {
    auto error = attempt(limit_, [&] { work_.exec(sql); });
    if (error) return *std::move(error);
    return ok_status();
  }

 private:
  pqxx::work& work_;
  const std::chrono::milliseconds limit_;
};

AdminSession::AdminSession(std::unique_ptr<Link> link) : link_(std::move(link)) {}

AdminSession::~AdminSession() = default;

Result<std::unique_ptr<AdminSession>> AdminSession::connect(const ConnectOptions& options) {
  auto opened = open_session(options);
  if (!opened) return opened.error();
  std::unique_ptr<Link> link;
  auto error = attempt({}, [&] {
    link = std::make_unique<Link>(*std::move(opened));
    pqxx::nontransaction(*link).exec(first_statements(options));
  });
  if (error) return *std::move(error);
  return std::unique_ptr<AdminSession>(new AdminSession(std::move(link)));
}

Status AdminSession::transaction(std::chrono::milliseconds limit, const std::function<Status(Transaction&)>& body) {
  if (!link_->is_open()) return lost_error("");
  Status done = ok_status();
  // Of BEGIN and COMMIT: the statements of `body` look after themselves.
  auto error = attempt(limit, [&] {
    pqxx::work work(*link_);
    work.exec("SET LOCAL statement_timeout = " + std::to_string(limit.count()));
    Work view(work, limit);
    done = body(view);
    if (done) work.commit();
  });
  if (error) return *std::move(error);
  return done;
}

Result<TextRows> AdminSession::query(const std::string& sql, std::chrono::milliseconds limit) {
  std::optional<TextRows> rows;
  const auto done = transaction(limit, [&](Transaction& work) -> Status {
    auto result = work.query(sql);
    if (!result) return result.error();
    rows = *std::move(result);
    return ok_status();
  });
  if (!done) return done.error();
  return *std::move(rows);
}

}  // namespace sotto::postgres
