#include "services/auth/rpc/auth_service.hpp"

#include <vector>

#include "services/auth/rpc/watch_stream.hpp"

namespace sotto::auth {

AuthService::AuthService(Options options, backend::AccessAuthority& authority)
    : options_(options),
      authority_(authority),
      ledger_(options.max_gateways),
      hub_(std::make_shared<WatchHub>(options.max_watches)) {
  SetMessageAllocatorFor_CheckPassword(&check_messages_);
  authority_.watch(hub_.get());
}

AuthService::~AuthService() {
  stop();
}

void AuthService::stop() {
  if (watching_authority_.exchange(false)) authority_.watch(nullptr);
  hub_->stop();
}

grpc::ServerUnaryReactor* AuthService::CheckPassword(grpc::CallbackServerContext* /*context*/,
                                                     const v1::CheckPasswordRequest* request,
                                                     v1::CheckPasswordResponse* response) {
  ++counters_.checks;
  return CheckCall::begin(authority_, hub_, *request, *response).get();
}

grpc::ServerWriteReactor<v1::WatchResponse>* AuthService::Watch(grpc::CallbackServerContext* context,
                                                                const v1::WatchRequest* /*request*/) {
  ++counters_.watches;
  return WatchStream::begin(hub_, *context).get();
}

grpc::ServerUnaryReactor* AuthService::ReportUse(grpc::CallbackServerContext* context,
                                                 const v1::ReportUseRequest* request,
                                                 v1::ReportUseResponse* /*response*/) {
  auto* reactor = context->DefaultReactor();
  reactor->Finish(take(*request));
  return reactor;
}

grpc::Status AuthService::take(const v1::ReportUseRequest& request) {
  if (hub_->stopped()) return {grpc::StatusCode::UNAVAILABLE, "the auth service is stopping; tell another replica"};
  if (request.gateway() == 0 || request.number() == 0) {
    return {grpc::StatusCode::INVALID_ARGUMENT, "a report names its gateway and has a number, neither of them 0"};
  }
  if (static_cast<std::size_t>(request.uses_size()) > options_.max_uses) {
    return {grpc::StatusCode::INVALID_ARGUMENT, "a report of too many passwords"};
  }
  if (!ledger_.take(request.gateway(), request.number())) {
    ++counters_.reports_repeated;
    return grpc::Status::OK;
  }
  std::vector<backend::UseReport> uses;
  uses.reserve(static_cast<std::size_t>(request.uses_size()));
  for (const auto& use : request.uses()) uses.push_back({use.password_id(), use.queues()});
  ++counters_.reports;
  if (!uses.empty()) authority_.report(std::move(uses));
  return grpc::Status::OK;
}

}  // namespace sotto::auth
