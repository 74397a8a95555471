#include "libs/contract/access.hpp"

#include <utility>

namespace sotto::contract {

using backend::AccessDecision;

auth::Decision to_proto(AccessDecision decision) {
  switch (decision) {
    case AccessDecision::allowed:
      return auth::DECISION_ALLOWED;
    case AccessDecision::missing_password:
      return auth::DECISION_MISSING_PASSWORD;
    case AccessDecision::wrong_password:
      return auth::DECISION_WRONG_PASSWORD;
    case AccessDecision::expired:
      return auth::DECISION_EXPIRED;
    case AccessDecision::revoked:
      return auth::DECISION_REVOKED;
    case AccessDecision::switched_off:
      return auth::DECISION_NEW_QUEUES_OFF;
    case AccessDecision::daily_limit:
      return auth::DECISION_DAILY_LIMIT;
    case AccessDecision::too_many_attempts:
      return auth::DECISION_TOO_MANY_ATTEMPTS;
    case AccessDecision::unknown:
      break;
  }
  return auth::DECISION_UNSPECIFIED;
}

AccessDecision from_proto(auth::Decision decision) {
  switch (decision) {
    case auth::DECISION_ALLOWED:
      return AccessDecision::allowed;
    case auth::DECISION_MISSING_PASSWORD:
      return AccessDecision::missing_password;
    case auth::DECISION_WRONG_PASSWORD:
      return AccessDecision::wrong_password;
    case auth::DECISION_EXPIRED:
      return AccessDecision::expired;
    case auth::DECISION_REVOKED:
      return AccessDecision::revoked;
    case auth::DECISION_NEW_QUEUES_OFF:
      return AccessDecision::switched_off;
    case auth::DECISION_DAILY_LIMIT:
      return AccessDecision::daily_limit;
    case auth::DECISION_TOO_MANY_ATTEMPTS:
      return AccessDecision::too_many_attempts;
    default:
      return AccessDecision::unknown;
  }
}

void to_proto(const backend::AccessState& state, auth::WatchResponse& out) {
  out.set_generation(state.generation);
  out.set_open(state.open);
  out.set_new_queues(state.new_queues);
  out.set_proxy(state.proxy);
  for (const auto& destination : state.proxy_destinations) out.add_proxy_destinations(destination);
  out.mutable_passwords()->Reserve(static_cast<int>(state.passwords.size()));
  for (const auto& password : state.passwords) {
    auto& valid = *out.add_passwords();
    valid.set_password_id(password.password_id);
    valid.set_valid_until(password.valid_until);
    valid.set_superseded(password.superseded);
    if (password.remaining) valid.set_remaining(*password.remaining);
  }
}

backend::AccessState from_proto(const auth::WatchResponse& in) {
  backend::AccessState out;
  out.generation = in.generation();
  out.open = in.open();
  out.new_queues = in.new_queues();
  out.proxy = in.proxy();
  out.proxy_destinations.assign(in.proxy_destinations().begin(), in.proxy_destinations().end());
  out.passwords.reserve(static_cast<std::size_t>(in.passwords_size()));
  for (const auto& password : in.passwords()) {
    backend::ValidPassword valid{password.password_id(), password.valid_until(), password.superseded(), {}};
    if (password.has_remaining()) valid.remaining = password.remaining();
    out.passwords.push_back(std::move(valid));
  }
  return out;
}

void to_proto(const backend::CheckResult& result, auth::CheckPasswordResponse& out) {
  out.set_decision(to_proto(result.decision));
  out.set_password_id(result.password_id);
  out.set_generation(result.generation);
  out.set_guessable(result.guessable);
}

backend::CheckResult from_proto(const auth::CheckPasswordResponse& in) {
  backend::CheckResult out{from_proto(in.decision()), in.password_id(), in.generation(), in.guessable()};
  if (out.decision == AccessDecision::allowed && out.password_id.empty()) out.decision = AccessDecision::unknown;
  return out;
}

}  // namespace sotto::contract
