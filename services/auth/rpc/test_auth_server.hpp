// TestAuthServer: an AuthService over an authority, served as the process does it. TestAuthBook: over a real book.
#pragma once

#include <memory>
#include <stdexcept>
#include <string>

#include "libs/rpc/server.hpp"
#include "services/auth/domain/test_book.hpp"
#include "services/auth/rpc/auth_service.hpp"
#include "tests/support/child/child.hpp"
#include "tests/support/child/temp_dir.hpp"

namespace sotto::auth {

class TestAuthServer {
 public:
  // `address`: "unix:…", or "127.0.0.1:0".
  TestAuthServer(const std::string& address, backend::AccessAuthority& authority, AuthService::Options options = {})
      : service(options, authority) {
    auto started = rpc::Server::start({.listen = {address}}, {&service});
    if (!started) throw std::runtime_error(started.error().message);
    server_ = *std::move(started);
    address_ = address.starts_with("unix:") ? address : "127.0.0.1:" + std::to_string(server_->ports().front());
  }
  ~TestAuthServer() { stop(); }
  TestAuthServer(const TestAuthServer&) = delete;
  TestAuthServer& operator=(const TestAuthServer&) = delete;

  void stop() {
    service.stop();
    server_->shutdown(std::chrono::milliseconds(0));
  }
  [[nodiscard]] const std::string& address() const { return address_; }

  AuthService service;

 private:
  std::unique_ptr<rpc::Server> server_;
  std::string address_;
};

class TestAuthBook : public TestBook {
 protected:
  TestAuthBook() { start(); }
  ~TestAuthBook() override { stop(); }

  // The whole process: what it knows in memory goes.
  void start() {
    if (!book) {
      book = open_book();
      admin = std::make_unique<PasswordAdmin>(store, *book, hasher, clock);
    }
    server = std::make_unique<TestAuthServer>(address(), *book);
  }
  void stop() {
    server.reset();
    admin.reset();
    if (book) book->stop();
    book.reset();
  }
  [[nodiscard]] std::string address() const { return "unix:" + (directory_.path() / "auth.sock").string(); }

 private:
  test::TempDir directory_;

 protected:
  std::unique_ptr<TestAuthServer> server;
};

}  // namespace sotto::auth
