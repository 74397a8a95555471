// What it means that the API server refuses a request. Plain functions.
#pragma once

#include <string>

#include "admin-cli/kubernetes/api_server.hpp"

namespace sotto::cli {

// What a request was about.
struct ApiObject {
  const char* kind;      // "Secret"
  const char* resource;  // "secrets"
  std::string space;     // its namespace
  std::string name;

  // "/api/v1/namespaces/sotto/secrets"
  [[nodiscard]] std::string collection() const { return "/api/v1/namespaces/" + space + "/" + resource; }
  // "Secret sotto/sotto-identity": for messages.
  [[nodiscard]] std::string title() const { return std::string(kind) + " " + space + "/" + name; }
};

// For an answer that is none of those that the caller knows. permission_denied, naming what the service account lacks;
// unauthenticated: its token is refused; not_found: there is no such namespace; configuration: the object is not taken;
// unavailable: the API server is in trouble. Of the answer, one word.
Error refused(const ApiAnswer& answer, const char* verb, const ApiObject& object);

}  // namespace sotto::cli
