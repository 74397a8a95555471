// ApiServer: the API server of Kubernetes as a pod reaches it: HTTPS, its certificate checked against the cluster's CA,
// the token of the service account. One connection a request; blocking. One thread.
#pragma once

#include <chrono>
#include <filesystem>
#include <string>

#include "libs/base/result.hpp"
#include "libs/base/secret.hpp"

namespace sotto::cli {

struct ApiServerOptions {
  std::string url;  // https://HOST[:PORT]
  std::filesystem::path token_file;
  std::filesystem::path ca_file;
  std::chrono::milliseconds timeout{15'000};  // of a request, from connecting to the end of the answer
};

// Statuses of HTTP that the API answers with.
inline constexpr unsigned kOk = 200;
inline constexpr unsigned kCreated = 201;
inline constexpr unsigned kBadRequest = 400;
inline constexpr unsigned kUnauthorized = 401;
inline constexpr unsigned kForbidden = 403;
inline constexpr unsigned kNotFound = 404;
inline constexpr unsigned kConflict = 409;
inline constexpr unsigned kUnprocessable = 422;

struct ApiAnswer {
  unsigned status = 0;
  SecretString body;
};

class ApiServer {
 public:
  // invalid_argument: the URL is none; configuration: a file cannot be used.
  static Result<ApiServer> open(const ApiServerOptions& options);

  // An answer of whatever status. connection_failed, timeout; unauthenticated: it is not the API server that
  // `ca_file` stands for; protocol: it does not speak HTTP.
  [[nodiscard]] Result<ApiAnswer> get(const std::string& target) const;
  // `body`: JSON.
  [[nodiscard]] Result<ApiAnswer> post(const std::string& target, const SecretString& body) const;

 private:
  ApiServer() = default;

  std::string host_;
  std::string port_;
  SecretString token_;
  std::string ca_pem_;
  std::chrono::milliseconds timeout_{};
};

}  // namespace sotto::cli
