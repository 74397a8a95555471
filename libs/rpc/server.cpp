#include "libs/rpc/server.hpp"

#include <grpcpp/health_check_service_interface.h>
#include <grpcpp/server.h>
#include <grpcpp/server_builder.h>

#include <algorithm>
#include <string_view>

#include "libs/rpc/callback_threads.hpp"
#include "libs/rpc/credentials.hpp"
#include "libs/rpc/stream_arguments.hpp"

namespace sotto::rpc {
namespace {

bool is_unix_socket(std::string_view address) {
  return address.starts_with("unix:");
}

bool stays_on_this_machine(std::string_view address) {
  return is_unix_socket(address) || address.starts_with("127.") || address.starts_with("[::1]:") ||
         address.starts_with("localhost:");
}

int milliseconds(std::chrono::milliseconds time) {
  return static_cast<int>(time.count());
}

Status check(const ServerSettings& settings) {
  if (settings.listen.empty()) {
    return Error{ErrorCode::configuration, "no address to listen on for gRPC; set at least one"};
  }
  if (settings.tls) {
    return check(*settings.tls, {.authorities = settings.clients != ClientCertificates::none});
  }
  if (settings.plaintext_anywhere ||
      std::all_of(settings.listen.begin(), settings.listen.end(), stays_on_this_machine)) {
    return ok_status();
  }
  return Error{ErrorCode::configuration,
               "gRPC without TLS is only for loopback addresses and Unix sockets; set the files of a certificate"};
}

}  // namespace

Result<std::unique_ptr<Server>> Server::start(const ServerSettings& settings,
                                              const std::vector<grpc::Service*>& services) {
  if (auto status = check(settings); !status) return status.error();
  // Switches it on for all servers of the process; there is no other way.
  grpc::EnableDefaultHealthCheckService(true);

  grpc::ServerBuilder builder;
  std::unique_ptr<Server> out(new Server);
  out->ports_.resize(settings.listen.size());
  for (std::size_t i = 0; i < settings.listen.size(); ++i) {
    builder.AddListeningPort(settings.listen[i], server_credentials(settings.tls, settings.clients), &out->ports_[i]);
  }
  for (auto* service : services) builder.RegisterService(service);
  builder.SetMaxReceiveMessageSize(static_cast<int>(settings.max_message_bytes));
  builder.SetMaxSendMessageSize(static_cast<int>(settings.max_message_bytes));
  set_stream_arguments([&](const char* name, int value) { builder.AddChannelArgument(name, value); });
  // Somebody else's server on the port is an error, not a partner.
  builder.AddChannelArgument(GRPC_ARG_ALLOW_REUSEPORT, 0);
  builder.AddChannelArgument(GRPC_ARG_KEEPALIVE_TIME_MS, milliseconds(settings.keepalive_time));
  builder.AddChannelArgument(GRPC_ARG_KEEPALIVE_TIMEOUT_MS, milliseconds(settings.keepalive_timeout));
  builder.AddChannelArgument(GRPC_ARG_KEEPALIVE_PERMIT_WITHOUT_CALLS, 1);
  builder.AddChannelArgument(GRPC_ARG_HTTP2_MAX_PINGS_WITHOUT_DATA, 0);
  // Gateways may ask for signs of life as often as they like: they are ours.
  builder.AddChannelArgument(GRPC_ARG_HTTP2_MIN_RECV_PING_INTERVAL_WITHOUT_DATA_MS, 500);
  keep_callback_threads();
  out->server_ = builder.BuildAndStart();
  const auto failed = std::find(out->ports_.begin(), out->ports_.end(), -1);
  if (!out->server_ || failed != out->ports_.end()) {
    return Error{ErrorCode::configuration,
                 "cannot listen for gRPC on one of the addresses; is another process there, or are the certificate and "
                 "its key no pair?"};
  }
  // Unix sockets have no port; gRPC says 1.
  for (std::size_t i = 0; i < settings.listen.size(); ++i) {
    if (is_unix_socket(settings.listen[i])) out->ports_[i] = 0;
  }
  out->set_serving("", false);
  return out;
}

Server::~Server() {
  shutdown(std::chrono::milliseconds(0));
}

void Server::set_serving(const std::string& service, bool serving) {
  if (auto* health = server_->GetHealthCheckService()) health->SetServingStatus(service, serving);
}

void Server::shutdown(std::chrono::milliseconds grace) {
  if (!server_) return;
  if (auto* health = server_->GetHealthCheckService()) health->Shutdown();
  server_->Shutdown(std::chrono::system_clock::now() + grace);
  server_->Wait();
  server_.reset();
}

}  // namespace sotto::rpc
