#include "admin-cli/kubernetes/api_refusal.hpp"

#include "admin-cli/kubernetes/secret_document.hpp"

namespace sotto::cli {
namespace {

// Why, in one word of the API: "Forbidden". Its message is left out, for a policy may repeat in it what it refuses.
std::string reason_of(const ApiAnswer& answer) {
  const SecretDocument document(answer.body.expose());
  const auto* reason = document.find("reason");
  if (reason == nullptr || !reason->is_string()) return "status " + std::to_string(answer.status);
  return "status " + std::to_string(answer.status) + ", " + reason->get<std::string>();
}

}  // namespace

Error refused(const ApiAnswer& answer, const char* verb, const ApiObject& object) {
  const auto reason = " (" + reason_of(answer) + ")";
  const std::string title = object.title();
  switch (answer.status) {
    case kUnauthorized:
      return {ErrorCode::unauthenticated, "the API server does not accept the token of the service account" + reason};
    case kForbidden:
      return {ErrorCode::permission_denied, title + ": the service account may not do this: give it the verb \"" +
                                                verb + "\" on the resource \"" + object.resource +
                                                "\" in the namespace " + object.space +
                                                " with a Role, or see which policy or quota refuses" + reason};
    case kNotFound:
      return {ErrorCode::not_found, "there is no namespace " + object.space + reason};
    case kBadRequest:
    case kUnprocessable:
      return {ErrorCode::configuration, title + ": the API server does not take it" + reason};
    default:
      return {ErrorCode::unavailable, title + ": the API server cannot do this now" + reason};
  }
}

}  // namespace sotto::cli
