// AuthService: what gateways ask of an AccessAuthority (a PasswordBook), over gRPC: sotto.auth.v1.AuthService.
//
// Owned by the program. It is the one that watches the authority from its construction to stop(). At the end: stop(),
// rpc::Server::shutdown(), then the authority's stop(). The authority outlives the rpc::Server, and so does this.
//
// Threads: calls come from threads of gRPC; none waits for the authority. States come from its threads.
#pragma once

#include <sotto/auth/v1/auth.grpc.pb.h>

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <memory>

#include "libs/backend/access_authority.hpp"
#include "services/auth/rpc/check_call.hpp"
#include "services/auth/rpc/report_ledger.hpp"
#include "services/auth/rpc/watch_hub.hpp"

namespace sotto::auth {

// For metrics; they only grow. Any thread may read.
struct AuthServiceCounters {
  std::atomic<std::uint64_t> checks{0};
  std::atomic<std::uint64_t> watches{0};           // streams that were begun
  std::atomic<std::uint64_t> reports{0};           // that were counted
  std::atomic<std::uint64_t> reports_repeated{0};  // that had been counted before
};

class AuthService final : public v1::AuthService::CallbackService {
 public:
  struct Options {
    std::size_t max_watches = 10'000;   // at a time; more are refused
    std::size_t max_gateways = 10'000;  // whose last report is remembered
    std::size_t max_uses = 10'000;      // passwords in one report
  };

  AuthService(Options options, backend::AccessAuthority& authority);
  AuthService(const AuthService&) = delete;
  AuthService& operator=(const AuthService&) = delete;
  // Stops.
  ~AuthService() override;

  // Ends all Watch streams, and refuses what is asked from now on. Checks that are under way are answered, or given up
  // by rpc::Server::shutdown(). Again: harmless.
  void stop();

  // Streams that are open now.
  [[nodiscard]] std::size_t watching() const { return hub_->streams(); }
  [[nodiscard]] const AuthServiceCounters& counters() const { return counters_; }

 private:
  grpc::ServerUnaryReactor* CheckPassword(grpc::CallbackServerContext* context, const v1::CheckPasswordRequest* request,
                                          v1::CheckPasswordResponse* response) override;
  grpc::ServerWriteReactor<v1::WatchResponse>* Watch(grpc::CallbackServerContext* context,
                                                     const v1::WatchRequest* request) override;
  grpc::ServerUnaryReactor* ReportUse(grpc::CallbackServerContext* context, const v1::ReportUseRequest* request,
                                      v1::ReportUseResponse* response) override;
  grpc::Status take(const v1::ReportUseRequest& request);

  const Options options_;
  backend::AccessAuthority& authority_;
  AuthServiceCounters counters_;
  CheckMessages check_messages_;
  ReportLedger ledger_;
  const std::shared_ptr<WatchHub> hub_;
  std::atomic<bool> watching_authority_{true};
};

}  // namespace sotto::auth
