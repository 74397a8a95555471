// HttpNameResolver: asks a resolver of names over HTTP (docs/names.md), a bounded number of names at a time. Owned by
// the program. resolve() from any thread until stop(); everything else from one thread.
#pragma once

#include <atomic>
#include <chrono>
#include <cstdint>
#include <deque>
#include <filesystem>
#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <thread>
#include <unordered_map>

#include <boost/asio/executor_work_guard.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/ssl/context.hpp>

#include "gateway/names/http_exchange.hpp"
#include "gateway/names/name_resolver.hpp"
#include "gateway/names/resolver_url.hpp"
#include "libs/base/result.hpp"

namespace sotto::gateway {

class HttpNameResolver final : public NameResolver {
 public:
  struct Options {
    ResolverUrl url;
    // From resolve() to the answer, the wait for others included.
    std::chrono::milliseconds timeout = std::chrono::seconds(3);
    std::size_t max_response = 16'000;  // bytes of a record
    std::size_t max_concurrent = 32;    // requests under way
    std::size_t max_waiting = 128;      // for their turn; more are refused
    std::filesystem::path ca_file;      // who signs the resolver's certificate; empty: the CAs of the system
  };

  // Connects to nothing yet. configuration: the CA file cannot be used.
  static Result<std::unique_ptr<HttpNameResolver>> create(Options options);
  ~HttpNameResolver() override;
  HttpNameResolver(const HttpNameResolver&) = delete;
  HttpNameResolver& operator=(const HttpNameResolver&) = delete;

  void resolve(std::string_view name, std::function<void(NameAnswer)> done) override;
  // Whatever is under way fails; nothing may be asked any more. The look-up of a host name cannot be stopped: the
  // destructor waits for it.
  void stop();

 private:
  struct Request {
    std::string target;
    std::chrono::steady_clock::time_point deadline;
    std::function<void(NameAnswer)> done;
  };

  HttpNameResolver(Options options, boost::asio::ssl::context tls);
  // On the thread of io_:
  void take(Request request);
  void begin(Request request);
  void ended(std::uint64_t id, const std::function<void(NameAnswer)>& done, const Result<HttpAnswer>& result);
  void fail_all();
  NameAnswer judge(const Result<HttpAnswer>& result);
  // Says in the log when the resolver begins to fail, and when that is over.
  void note(const std::string& failure);

  const Options options_;
  boost::asio::ssl::context tls_;
  std::atomic<std::size_t> in_hand_{0};  // under way or waiting
  boost::asio::io_context io_{1};
  boost::asio::executor_work_guard<boost::asio::io_context::executor_type> work_;
  // Of the thread of io_:
  std::unordered_map<std::uint64_t, std::shared_ptr<HttpExchange>> running_;
  std::uint64_t last_id_ = 0;
  std::deque<Request> waiting_;
  bool failing_ = false;
  std::thread thread_;
};

}  // namespace sotto::gateway
