// What goes wrong between a gateway and the auth service: SilentListener takes connections and says nothing.
// PausedNetwork passes bytes on, until it is paused. FlakyService passes calls on, and loses answers.
#pragma once

#include <arpa/inet.h>
#include <fcntl.h>
#include <grpcpp/channel.h>
#include <netinet/in.h>
#include <poll.h>
#include <sotto/auth/v1/auth.grpc.pb.h>
#include <sys/socket.h>
#include <unistd.h>

#include <array>
#include <atomic>
#include <memory>
#include <mutex>
#include <optional>
#include <stdexcept>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include "libs/rpc/channel.hpp"
#include "libs/rpc/server.hpp"

namespace sotto::gateway {

class SilentListener {
 public:
  SilentListener() : socket_(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0)) {
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    socklen_t size = sizeof address;
    auto* generic = reinterpret_cast<sockaddr*>(&address);
    if (socket_ < 0 || ::bind(socket_, generic, size) != 0 || ::listen(socket_, 64) != 0 ||
        ::getsockname(socket_, generic, &size) != 0) {
      throw std::runtime_error("cannot listen");
    }
    port_ = ntohs(address.sin_port);
  }
  ~SilentListener() { ::close(socket_); }
  SilentListener(const SilentListener&) = delete;
  SilentListener& operator=(const SilentListener&) = delete;

  [[nodiscard]] int socket() const { return socket_; }
  [[nodiscard]] std::string address() const { return "127.0.0.1:" + std::to_string(port_); }

 private:
  int socket_;
  std::uint16_t port_ = 0;
};

class PausedNetwork {
 public:
  // To a server on 127.0.0.1.
  explicit PausedNetwork(const std::string& to)
      : port_(static_cast<std::uint16_t>(std::stoi(to.substr(to.rfind(':') + 1)))), thread_([this] { run(); }) {}
  ~PausedNetwork() {
    over_ = true;
    thread_.join();
    for (const auto& [a, b] : pairs_) {
      ::close(a);
      ::close(b);
    }
  }
  PausedNetwork(const PausedNetwork&) = delete;
  PausedNetwork& operator=(const PausedNetwork&) = delete;

  [[nodiscard]] std::string address() const { return listener_.address(); }
  // Nothing is passed on, and no connection is closed.
  void pause(bool paused) { paused_ = paused; }

 private:
  void run() {
    while (!over_) {
      std::vector<pollfd> waiting = {{listener_.socket(), POLLIN, 0}};
      for (const auto& [a, b] : pairs_) {
        waiting.push_back({a, POLLIN, 0});
        waiting.push_back({b, POLLIN, 0});
      }
      const bool paused = paused_;
      // Paused, it only looks whether it still is.
      if (::poll(waiting.data(), paused ? 0 : waiting.size(), 5) <= 0 || paused) continue;
      auto pairs = pairs_;
      for (std::size_t i = 0; i < pairs.size(); ++i) {
        const auto [a, b] = pairs[i];
        const bool forth = waiting[1 + 2 * i].revents == 0 || pass(a, b);
        const bool back = waiting[2 + 2 * i].revents == 0 || pass(b, a);
        if (forth && back) continue;
        ::close(a);
        ::close(b);
        std::erase(pairs_, pairs[i]);
      }
      if (waiting[0].revents != 0) accept();
    }
  }
  void accept() {
    const int from = ::accept4(listener_.socket(), nullptr, nullptr, SOCK_CLOEXEC);
    const int to = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    address.sin_port = htons(port_);
    if (from >= 0 && ::connect(to, reinterpret_cast<sockaddr*>(&address), sizeof address) == 0) {
      pairs_.emplace_back(from, to);
      return;
    }
    ::close(from);
    ::close(to);
  }
  static bool pass(int from, int to) {
    std::array<char, 65536> buffer{};
    const auto size = ::recv(from, buffer.data(), buffer.size(), 0);
    return size > 0 && ::send(to, buffer.data(), static_cast<std::size_t>(size), MSG_NOSIGNAL) == size;
  }

  const std::uint16_t port_;
  SilentListener listener_;
  std::atomic<bool> paused_{false};
  std::atomic<bool> over_{false};
  std::vector<std::pair<int, int>> pairs_;
  std::thread thread_;
};

class FlakyService final : public auth::v1::AuthService::Service {
 public:
  explicit FlakyService(const std::string& to)
      : stub_(auth::v1::AuthService::NewStub(rpc::make_channel({.target = to}).value())),
        server_(rpc::Server::start({.listen = {"127.0.0.1:0"}}, {this}).value()) {}
  ~FlakyService() override { server_->shutdown(std::chrono::milliseconds(0)); }
  FlakyService(const FlakyService&) = delete;
  FlakyService& operator=(const FlakyService&) = delete;

  [[nodiscard]] std::string address() const { return "127.0.0.1:" + std::to_string(server_->ports().front()); }
  // The answers of so many reports are lost.
  std::atomic<int> reports_to_lose{0};
  // What is answered instead.
  void answer_reports(const grpc::Status& status) { set(report_status_, status); }
  void answer_checks(const auth::v1::CheckPasswordResponse& response) { set(check_, response); }
  void answer_checks(const grpc::Status& status) { set(check_status_, status); }
  // Of all reports, in their order.
  std::vector<std::uint64_t> numbers() const {
    const std::lock_guard lock(mutex_);
    return numbers_;
  }

 private:
  template <class T, class Value>
  void set(T& field, const Value& value) {
    const std::lock_guard lock(mutex_);
    field = value;
  }

  grpc::Status CheckPassword(grpc::ServerContext* context, const auth::v1::CheckPasswordRequest* request,
                             auth::v1::CheckPasswordResponse* response) override {
    {
      const std::lock_guard lock(mutex_);
      if (check_) *response = *check_;
      if (check_ || check_status_) return check_status_.value_or(grpc::Status::OK);
    }
    const auto onward = grpc::ClientContext::FromServerContext(*context);
    return stub_->CheckPassword(onward.get(), *request, response);
  }
  grpc::Status Watch(grpc::ServerContext* context, const auth::v1::WatchRequest* request,
                     grpc::ServerWriter<auth::v1::WatchResponse>* writer) override {
    const auto onward = grpc::ClientContext::FromServerContext(*context);
    const auto reader = stub_->Watch(onward.get(), *request);
    auth::v1::WatchResponse response;
    while (reader->Read(&response)) writer->Write(response);
    return reader->Finish();
  }
  grpc::Status ReportUse(grpc::ServerContext* context, const auth::v1::ReportUseRequest* request,
                         auth::v1::ReportUseResponse* response) override {
    {
      const std::lock_guard lock(mutex_);
      numbers_.push_back(request->number());
      if (report_status_) return *report_status_;
    }
    const auto onward = grpc::ClientContext::FromServerContext(*context);
    auto status = stub_->ReportUse(onward.get(), *request, response);
    if (reports_to_lose > 0) {
      --reports_to_lose;
      return {grpc::StatusCode::UNAVAILABLE, "lost on its way"};
    }
    return status;
  }

  mutable std::mutex mutex_;
  std::optional<grpc::Status> report_status_;
  std::optional<grpc::Status> check_status_;
  std::optional<auth::v1::CheckPasswordResponse> check_;
  std::vector<std::uint64_t> numbers_;
  std::unique_ptr<auth::v1::AuthService::Stub> stub_;
  std::unique_ptr<rpc::Server> server_;
};

}  // namespace sotto::gateway
