#include "gateway/names/http_name_resolver.hpp"

#include <utility>

#include <boost/asio/post.hpp>
#include <openssl/err.h>

#include "gateway/names/name_record.hpp"
#include "libs/observability/log.hpp"

namespace sotto::gateway {

namespace asio = boost::asio;
namespace ssl = asio::ssl;

namespace {

constexpr unsigned kOk = 200;
constexpr unsigned kBadRequest = 400;
constexpr unsigned kNotFound = 404;

// What clients are told: nothing of where the resolver is.
std::string reason_for_clients(ErrorCode code) {
  switch (code) {
    case ErrorCode::timeout:
      return "timeout";
    case ErrorCode::exhausted:
      return "response too large";
    case ErrorCode::protocol:
      return "invalid response";
    default:
      return "no connection";
  }
}

}  // namespace

Result<std::unique_ptr<HttpNameResolver>> HttpNameResolver::create(Options options) {
  ssl::context tls(ssl::context::tls_client);
  boost::system::error_code error;
  tls.set_options(ssl::context::default_workarounds | ssl::context::no_tlsv1 | ssl::context::no_tlsv1_1, error);
  tls.set_verify_mode(ssl::verify_peer, error);
  if (options.ca_file.empty()) {
    tls.set_default_verify_paths(error);
  } else {
    tls.load_verify_file(options.ca_file.string(), error);
  }
  // The thread's error queue would be taken for that of the next TLS connection.
  ERR_clear_error();
  if (error && !options.ca_file.empty()) {
    return Error{ErrorCode::configuration, "names.ca_file: the CA certificates in " + options.ca_file.string() +
                                               " cannot be used: " + error.message()};
  }
  return std::unique_ptr<HttpNameResolver>(new HttpNameResolver(std::move(options), std::move(tls)));
}

HttpNameResolver::HttpNameResolver(Options options, ssl::context tls)
    : options_(std::move(options)), tls_(std::move(tls)), work_(io_.get_executor()), thread_([this] { io_.run(); }) {}

HttpNameResolver::~HttpNameResolver() {
  stop();
}

void HttpNameResolver::stop() {
  if (!thread_.joinable()) return;
  asio::post(io_, [this] {
    fail_all();
    io_.stop();
  });
  thread_.join();
}

void HttpNameResolver::resolve(std::string_view name, std::function<void(NameAnswer)> done) {
  auto target = request_target(options_.url, name);
  if (!target) return done({NameOutcome::not_found, {}});
  if (in_hand_.fetch_add(1) >= options_.max_concurrent + options_.max_waiting) {
    in_hand_.fetch_sub(1);
    return done({NameOutcome::overloaded, "too many requests"});
  }
  Request request{*std::move(target), std::chrono::steady_clock::now() + options_.timeout, std::move(done)};
  asio::post(io_, [this, request = std::move(request)]() mutable { take(std::move(request)); });
}

void HttpNameResolver::take(Request request) {
  if (running_.size() < options_.max_concurrent) return begin(std::move(request));
  // Needs no timer of its own: whatever is before it ends before its deadline.
  waiting_.push_back(std::move(request));
}

void HttpNameResolver::begin(Request request) {
  const auto id = ++last_id_;
  auto exchange = std::make_shared<HttpExchange>(
      io_, options_.url, tls_, options_.max_response,
      [this, id, done = std::move(request.done)](const Result<HttpAnswer>& result) { ended(id, done, result); });
  running_.emplace(id, exchange);
  exchange->start(request.target, request.deadline);
}

void HttpNameResolver::ended(std::uint64_t id, const std::function<void(NameAnswer)>& done,
                             const Result<HttpAnswer>& result) {
  running_.erase(id);
  in_hand_.fetch_sub(1);
  if (!waiting_.empty()) {
    auto next = std::move(waiting_.front());
    waiting_.pop_front();
    begin(std::move(next));
  }
  done(judge(result));
}

void HttpNameResolver::fail_all() {
  const auto waiting = std::exchange(waiting_, {});
  const auto running = std::exchange(running_, {});
  in_hand_.fetch_sub(waiting.size());
  for (const auto& request : waiting) request.done({NameOutcome::failed, "shutting down"});
  for (const auto& [id, exchange] : running) exchange->cancel({ErrorCode::unavailable, "this process stops"});
}

NameAnswer HttpNameResolver::judge(const Result<HttpAnswer>& result) {
  if (!result) {
    if (result.error().code != ErrorCode::unavailable) note(result.error().message);
    return {NameOutcome::failed, reason_for_clients(result.error().code)};
  }
  switch (result->status) {
    case kOk:
      if (!is_name_record(result->body)) {
        note("it answers with what is no record of a name");
        return {NameOutcome::failed, reason_for_clients(ErrorCode::protocol)};
      }
      note({});
      return {NameOutcome::found, result->body};
    // An unknown top level, or what the resolver does not take for a name.
    case kBadRequest:
    case kNotFound:
      note({});
      return {NameOutcome::not_found, {}};
    default: {
      auto status = "HTTP " + std::to_string(result->status);
      note(status);
      return {NameOutcome::failed, std::move(status)};
    }
  }
}

void HttpNameResolver::note(const std::string& failure) {
  if (failing_ == !failure.empty()) return;
  failing_ = !failing_;
  if (failing_) {
    log::warning("the resolver of names fails", {{"reason", failure}});
  } else {
    log::info("the resolver of names answers again");
  }
}

}  // namespace sotto::gateway
