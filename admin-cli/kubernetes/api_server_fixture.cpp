#include "admin-cli/kubernetes/api_server_fixture.hpp"

#include <algorithm>
#include <fstream>
#include <stdexcept>

#include <boost/beast/core/flat_buffer.hpp>

#include "libs/base/bytes.hpp"
#include "tests/support/child/child.hpp"

namespace sotto::cli {

namespace asio = boost::asio;
namespace http = boost::beast::http;
using asio::ip::tcp;
using boost::system::error_code;

namespace {

constexpr unsigned kHttp11 = 11;
constexpr const char* kSpace = "/api/v1/namespaces/sotto/";
constexpr const char* kConfigMaps = "configmaps/";

nlohmann::json status_of(unsigned code, const std::string& reason) {
  return {{"kind", "Status"}, {"apiVersion", "v1"}, {"status", "Failure"}, {"reason", reason}, {"code", code}};
}

}  // namespace

std::string base64(const std::string& text) {
  auto result = to_base64url(as_bytes(text));
  std::replace(result.begin(), result.end(), '-', '+');
  std::replace(result.begin(), result.end(), '_', '/');
  return result;
}

std::string from_base64(const std::string& text) {
  auto url = text;
  std::replace(url.begin(), url.end(), '+', '-');
  std::replace(url.begin(), url.end(), '/', '_');
  return std::string(as_text(from_base64url(url).value()));
}

nlohmann::json secret_of(const std::map<std::string, std::string>& values) {
  nlohmann::json secret{{"kind", "Secret"}, {"apiVersion", "v1"}, {"data", nlohmann::json::object()}};
  for (const auto& [key, value] : values) secret["data"][key] = base64(value);
  return secret;
}

std::string value_in(const nlohmann::json& secret, const std::string& key) {
  return from_base64(secret.at("data").at(key).get<std::string>());
}

FakeApiServer::FakeApiServer(const std::string& names) {
  const auto key = (directory_.path() / "server.key").string();
  test::Child::Options command;
  command.arguments = {"openssl",
                       "req",
                       "-x509",
                       "-newkey",
                       "ec",
                       "-pkeyopt",
                       "ec_paramgen_curve:P-256",
                       "-nodes",
                       "-days",
                       "2",
                       "-subj",
                       "/CN=API server of a test",
                       "-addext",
                       "subjectAltName=" + names,
                       "-keyout",
                       key,
                       "-out",
                       ca_file()};
  command.log = directory_.path() / "log";
  test::Child openssl(command);
  if (openssl.wait() != 0) throw std::runtime_error("openssl made no certificate:\n" + openssl.log());
  std::ofstream(token_file()) << kToken << '\n';
  tls_.use_certificate_chain_file(ca_file());
  tls_.use_private_key_file(key, asio::ssl::context::pem);
  acceptor_.open(tcp::v4());
  acceptor_.bind({asio::ip::address_v4::loopback(), 0});
  acceptor_.listen();
  thread_ = std::thread([this] { serve(); });
}

FakeApiServer::~FakeApiServer() {
  {
    const std::lock_guard lock(mutex_);
    stopping_ = true;
  }
  // Wakes accept().
  tcp::socket socket(io_);
  error_code ignored;
  socket.connect(acceptor_.local_endpoint(), ignored);
  socket.close(ignored);
  thread_.join();
}

std::string FakeApiServer::url(const std::string& host) const {
  return "https://" + host + ":" + std::to_string(acceptor_.local_endpoint().port());
}

void FakeApiServer::intercept(Interceptor interceptor) {
  const std::lock_guard lock(mutex_);
  interceptor_ = std::move(interceptor);
}

FakeApiServer::Objects FakeApiServer::objects() const {
  const std::lock_guard lock(mutex_);
  return objects_;
}

void FakeApiServer::put(const std::string& name, nlohmann::json secret) {
  const std::lock_guard lock(mutex_);
  objects_[name] = std::move(secret);
}

void FakeApiServer::remove(const std::string& name) {
  const std::lock_guard lock(mutex_);
  objects_.erase(name);
}

std::vector<std::string> FakeApiServer::requests() const {
  const std::lock_guard lock(mutex_);
  return requests_;
}

void FakeApiServer::serve() {
  while (true) {
    error_code error;
    tcp::socket socket = acceptor_.accept(error);
    {
      const std::lock_guard lock(mutex_);
      if (stopping_) return;
    }
    if (error) continue;
    Stream stream(std::move(socket), tls_);
    stream.handshake(asio::ssl::stream_base::server, error);
    if (!error) serve(stream);
  }
}

void FakeApiServer::serve(Stream& stream) {
  boost::beast::flat_buffer buffer;
  Request request;
  error_code error;
  http::read(stream, buffer, request, error);
  if (error) return;
  Action action;
  auto response = answer(request, action);
  if (action.close_before || action.close_after) return;
  response.keep_alive(false);
  response.prepare_payload();
  http::write(stream, response, error);
  stream.shutdown(error);
}

FakeApiServer::Response FakeApiServer::answer(const Request& request, Action& action) {
  const auto reply = [](http::status status, const nlohmann::json& body) {
    Response response(status, kHttp11);
    response.set(http::field::content_type, "application/json");
    response.body() = body.dump();
    return response;
  };
  const std::string target(request.target());
  if (request[http::field::authorization] != std::string("Bearer ") + kToken) {
    return reply(http::status::unauthorized, status_of(401, "Unauthorized"));
  }
  const bool create = request.method() == http::verb::post;
  const auto object = create ? nlohmann::json::parse(request.body()) : nlohmann::json();
  const bool config_map = target.starts_with(kSpace + std::string("configmaps"));
  const auto name_only =
      create ? object.at("metadata").at("name").get<std::string>() : target.substr(target.rfind('/') + 1);
  const auto name = (config_map ? kConfigMaps : "") + name_only;

  const std::lock_guard lock(mutex_);
  requests_.push_back((create ? "create " : "get ") + name);
  if (interceptor_) action = interceptor_(requests_.back(), objects_);
  if (action.close_before) return {};
  if (action.status != 0) {
    return reply(http::int_to_status(action.status), status_of(action.status, "Refused"));
  }
  if (target != kSpace + std::string(config_map ? "configmaps" : "secrets") + (create ? "" : "/" + name_only)) {
    return reply(http::status::not_found, status_of(404, "NotFound"));
  }
  const auto found = objects_.find(name);
  if (!create) {
    return found == objects_.end() ? reply(http::status::not_found, status_of(404, "NotFound"))
                                   : reply(http::status::ok, found->second);
  }
  if (found != objects_.end()) return reply(http::status::conflict, status_of(409, "AlreadyExists"));
  objects_[name] = object;
  return reply(http::status::created, object);
}

}  // namespace sotto::cli
