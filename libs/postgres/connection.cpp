#include "libs/postgres/connection.hpp"

#include <libpq-fe.h>
#include <poll.h>

#include <algorithm>
#include <cerrno>
#include <numeric>
#include <optional>
#include <utility>

#include "libs/postgres/session.hpp"

namespace sotto::postgres {
namespace {

using Answer = std::unique_ptr<PGresult, decltype(&PQclear)>;

constexpr int kBinary = 1;

// A statement of this size is sent before the next one is added: libpq moves all that it could not send to the front of
// its buffer again and again.
constexpr std::size_t kFlushBytes = 32U << 10U;

Error error_of(const PGresult* result) {
  const char* state = PQresultErrorField(result, PG_DIAG_SQLSTATE);
  const char* text = PQresultErrorField(result, PG_DIAG_MESSAGE_PRIMARY);
  return server_error(state != nullptr ? state : "", text != nullptr ? text : "");
}

// The parameters of a statement as libpq wants them; views them.
struct Arguments {
  explicit Arguments(const Params& params) {
    for (std::size_t i = 0; i < params.size(); ++i) {
      const auto& value = params[i];
      // An empty value is not NULL.
      values.push_back(!value ? nullptr : value->empty() ? "" : reinterpret_cast<const char*>(value->data()));
      lengths.push_back(value ? static_cast<int>(value->size()) : 0);
      formats.push_back(kBinary);
    }
  }
  [[nodiscard]] int count() const { return static_cast<int>(values.size()); }
  [[nodiscard]] std::size_t bytes() const {
    return std::accumulate(lengths.begin(), lengths.end(), std::size_t{0},
                           [](std::size_t sum, int length) { return sum + static_cast<std::size_t>(length); });
  }
  std::vector<const char*> values;
  std::vector<int> lengths;
  std::vector<int> formats;
};

}  // namespace

std::size_t Pipeline::add(const Statement& statement, Params params) {
  steps_.push_back({&statement, std::move(params), {}});
  return steps_.size() - 1;
}

std::size_t Pipeline::add_large(const Statement& statement, std::function<Params()> make) {
  steps_.push_back({&statement, {}, std::move(make)});
  return steps_.size() - 1;
}

Connection::Connection(pg_conn* connection) : connection_(connection) {}

Connection::~Connection() {
  close();
}

void Connection::close() {
  if (connection_ != nullptr) PQfinish(connection_);
  connection_ = nullptr;
}

Result<std::unique_ptr<Connection>> Connection::connect(const ConnectOptions& options) {
  auto session = open_session(options);
  if (!session) return session.error();
  std::unique_ptr<Connection> connection(new Connection(session->release()));
  if (PQsetnonblocking(connection->connection_, 1) != 0) return connection->lost();
  auto prepared = connection->script(first_statements(options), options.connect_timeout + std::chrono::seconds(2));
  if (!prepared) return prepared.error();
  return connection;
}

Error Connection::lost() {
  const Error error = lost_error(connection_ != nullptr ? PQerrorMessage(connection_) : "");
  close();
  return error;
}

Error Connection::out_of_time() {
  close();
  return Error{ErrorCode::timeout, "PostgreSQL did not answer in time"};
}

Status Connection::wait_for_socket(bool to_send, Time deadline) {
  const auto left = std::chrono::duration_cast<std::chrono::milliseconds>(deadline - std::chrono::steady_clock::now());
  if (left.count() <= 0) return out_of_time();
  pollfd waiting{.fd = PQsocket(connection_), .events = POLLIN, .revents = 0};
  if (to_send) waiting.events |= POLLOUT;
  const int ready = ::poll(&waiting, 1, static_cast<int>(std::min<std::int64_t>(left.count() + 1, 60'000)));
  if (ready < 0 && errno != EINTR) return lost();
  if (ready > 0 && (waiting.revents & ~POLLOUT) != 0 && PQconsumeInput(connection_) == 0) return lost();
  return ok_status();
}

Status Connection::send_waiting(Time deadline) {
  for (;;) {
    const int unsent = PQflush(connection_);
    if (unsent < 0) return lost();
    if (unsent == 0) return ok_status();
    if (auto waited = wait_for_socket(true, deadline); !waited) return waited;
  }
}

Status Connection::wait_for_result(Time deadline) {
  for (;;) {
    const int unsent = PQflush(connection_);
    if (unsent < 0) return lost();
    if (PQisBusy(connection_) == 0) return ok_status();
    if (auto waited = wait_for_socket(unsent > 0, deadline); !waited) return waited;
  }
}

Status Connection::skip_posted(Time deadline) {
  while (posted_ > 0) {
    if (auto waited = wait_for_result(deadline); !waited) return waited;
    const Answer result(PQgetResult(connection_), &PQclear);
    if (result && PQresultStatus(result.get()) == PGRES_PIPELINE_SYNC) --posted_;
    if (PQstatus(connection_) == CONNECTION_BAD) return lost();
  }
  return ok_status();
}

void Connection::post(const char* command) {
  if (!usable()) return;
  const bool sent = (PQpipelineStatus(connection_) != PQ_PIPELINE_OFF || PQenterPipelineMode(connection_) == 1) &&
                    PQsendQueryParams(connection_, command, 0, nullptr, nullptr, nullptr, nullptr, kBinary) == 1 &&
                    PQpipelineSync(connection_) == 1 && PQflush(connection_) >= 0;
  if (sent) {
    ++posted_;
  } else {
    close();
  }
}

Status Connection::send_step(const Statement& statement, const Params& params, Time deadline) {
  const Arguments arguments(params);
  if (PQsendQueryPrepared(connection_, statement.name, arguments.count(), arguments.values.data(),
                          arguments.lengths.data(), arguments.formats.data(), kBinary) != 1) {
    return lost();
  }
  return arguments.bytes() < kFlushBytes ? ok_status() : send_waiting(deadline);
}

Result<std::vector<Rows>> Connection::run(const Pipeline& pipeline, std::chrono::milliseconds limit) {
  if (!usable()) return lost_error("");
  const auto deadline = std::chrono::steady_clock::now() + limit;
  if (PQpipelineStatus(connection_) == PQ_PIPELINE_OFF && PQenterPipelineMode(connection_) != 1) return lost();
  std::vector<Step> steps;
  steps.reserve(pipeline.size());
  std::unordered_set<const Statement*> prepared_now;
  for (const auto& [statement, params, make] : pipeline.steps_) {
    if (!prepared_.contains(statement) && prepared_now.insert(statement).second) {
      if (PQsendPrepare(connection_, statement->name, statement->sql, 0, nullptr) != 1) return lost();
      steps.push_back({.prepares = statement});
    }
    auto sent = make ? send_step(*statement, make(), deadline) : send_step(*statement, params, deadline);
    if (!sent) return sent.error();
    steps.push_back({});
  }
  if (PQpipelineSync(connection_) != 1) return lost();
  if (auto skipped = skip_posted(deadline); !skipped) return skipped.error();
  return collect(steps, deadline);
}

Result<std::vector<Rows>> Connection::collect(const std::vector<Step>& steps, Time deadline) {
  std::vector<Rows> out;
  out.reserve(steps.size());
  std::optional<Error> failure;
  for (std::size_t step = 0;;) {
    if (auto waited = wait_for_result(deadline); !waited) return failure ? *failure : waited.error();
    Answer answer(PQgetResult(connection_), &PQclear);
    if (PQstatus(connection_) == CONNECTION_BAD) {
      // What the server said before it closed the connection is the better reason.
      if (answer && !failure && PQresultErrorField(answer.get(), PG_DIAG_SQLSTATE) != nullptr) {
        failure = error_of(answer.get());
      }
      const Error error = lost();
      return failure ? *failure : error;
    }
    if (!answer) {  // the end of a step
      ++step;
      continue;
    }
    switch (PQresultStatus(answer.get())) {
      case PGRES_PIPELINE_SYNC:
        if (failure) return *failure;
        return out;
      case PGRES_PIPELINE_ABORTED:
        break;
      case PGRES_COMMAND_OK:
      case PGRES_TUPLES_OK:
        if (step < steps.size() && steps[step].prepares != nullptr) {
          prepared_.insert(steps[step].prepares);
        } else {
          out.emplace_back(answer.release());
        }
        break;
      default:
        if (!failure) failure = error_of(answer.get());
    }
  }
}

Result<Rows> Connection::query(const char* sql, const Params& params, std::chrono::milliseconds limit) {
  if (!usable()) return lost_error("");
  const auto deadline = std::chrono::steady_clock::now() + limit;
  if (auto skipped = skip_posted(deadline); !skipped) return skipped.error();
  if (PQpipelineStatus(connection_) == PQ_PIPELINE_OFF && PQenterPipelineMode(connection_) != 1) return lost();
  const Arguments arguments(params);
  if (PQsendQueryParams(connection_, sql, arguments.count(), nullptr, arguments.values.data(), arguments.lengths.data(),
                        arguments.formats.data(), kBinary) != 1 ||
      PQpipelineSync(connection_) != 1) {
    return lost();
  }
  auto results = collect({Step{}}, deadline);
  if (!results) return results.error();
  return std::move(results->front());
}

Status Connection::script(const std::string& sql, std::chrono::milliseconds limit) {
  if (!usable()) return lost_error("");
  const auto deadline = std::chrono::steady_clock::now() + limit;
  if (auto skipped = skip_posted(deadline); !skipped) return skipped;
  if (PQexitPipelineMode(connection_) != 1) return lost();
  if (PQsendQuery(connection_, sql.c_str()) != 1) return lost();
  std::optional<Error> failure;
  for (;;) {
    if (auto waited = wait_for_result(deadline); !waited) return failure ? *failure : waited.error();
    const Answer result(PQgetResult(connection_), &PQclear);
    if (PQstatus(connection_) == CONNECTION_BAD) {
      const Error error = lost();
      return failure ? *failure : error;
    }
    if (!result) break;
    const auto status = PQresultStatus(result.get());
    if (status != PGRES_COMMAND_OK && status != PGRES_TUPLES_OK && status != PGRES_EMPTY_QUERY && !failure) {
      failure = error_of(result.get());
    }
  }
  if (failure) return *failure;
  return ok_status();
}

}  // namespace sotto::postgres
