// AdminConnection: the options that say which server is asked and who asks, and calls to it. A part of a command; one
// thread.
#pragma once

#include <grpcpp/channel.h>
#include <grpcpp/client_context.h>

#include <chrono>
#include <memory>
#include <string>

#include "libs/base/result.hpp"
#include "libs/base/secret.hpp"
#include "libs/rpc/status.hpp"

namespace CLI {
class App;
}

namespace sotto::cli {

class AdminConnection {
 public:
  void declare(CLI::App& app);

  // A stub of a service: make_stub<v1::PasswordAdmin>(). invalid_argument: no such form of a server, or options that do
  // not go together. configuration: a file cannot be used.
  template <class Service>
  Result<std::unique_ptr<typename Service::Stub>> make_stub() {
    auto channel = connect();
    if (!channel) return channel.error();
    return Service::NewStub(*channel);
  }

  // Hardening a chosen password takes some 100 ms, and so does a full disk to say so.
  static constexpr std::chrono::seconds kLimit{15};

  // Calls a method, for at most `limit`. connection_failed: nobody is there; unauthenticated: one of the two does not
  // believe the other; protocol: the server has no such method; all others are the server's.
  template <class Stub, class Method, class Request, class Response>
  Status call(Stub& stub, Method method, const Request& request, Response& response,
              std::chrono::seconds limit = kLimit) const {
    grpc::ClientContext context;
    prepare(context, limit);
    return result((stub.*method)(&context, request, &response));
  }

 private:
  [[nodiscard]] bool is_socket() const { return target_.starts_with("unix:"); }
  Result<std::shared_ptr<grpc::Channel>> connect();
  [[nodiscard]] Status check_options() const;
  Status read_token();
  void prepare(grpc::ClientContext& context, std::chrono::seconds limit) const;
  [[nodiscard]] Status result(const grpc::Status& status) const;
  [[nodiscard]] Error no_socket() const;
  [[nodiscard]] Error no_connection(const std::string& reason) const;

  std::string target_;
  // Of a server that is no socket.
  std::string tls_ca_;
  std::string tls_certificate_;
  std::string tls_key_;
  std::string tls_name_;
  std::string token_file_;
  SecretString token_;
};

// 16 random bytes: what makes a change that is sent twice be done once.
std::string new_request_id();

}  // namespace sotto::cli
