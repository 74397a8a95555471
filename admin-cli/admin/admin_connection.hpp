// AdminConnection: the option that says which server is asked, and calls to it. A part of a command; one thread.
#pragma once

#include <grpcpp/channel.h>
#include <grpcpp/client_context.h>

#include <memory>
#include <string>

#include "libs/base/result.hpp"
#include "libs/rpc/status.hpp"

namespace CLI {
class App;
}

namespace sotto::cli {

class AdminConnection {
 public:
  void declare(CLI::App& app);

  // A stub of a service: make_stub<v1::PasswordAdmin>(). invalid_argument: no such form of a server.
  template <class Service>
  Result<std::unique_ptr<typename Service::Stub>> make_stub() {
    auto channel = connect();
    if (!channel) return channel.error();
    return Service::NewStub(*channel);
  }

  // Calls a method, for at most some seconds. connection_failed: nobody is there; all others are the server's.
  template <class Stub, class Method, class Request, class Response>
  Status call(Stub& stub, Method method, const Request& request, Response& response) const {
    grpc::ClientContext context;
    prepare(context);
    return result((stub.*method)(&context, request, &response));
  }

 private:
  Result<std::shared_ptr<grpc::Channel>> connect() const;
  static void prepare(grpc::ClientContext& context);
  [[nodiscard]] Status result(const grpc::Status& status) const;

  std::string target_;
};

// 16 random bytes: what makes a change that is sent twice be done once.
std::string new_request_id();

}  // namespace sotto::cli
