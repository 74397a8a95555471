// What the auth service counts, as metrics (docs/operations.md explains each). All arguments must outlive the callbacks
// of `metrics`.
#pragma once

#include "libs/observability/metrics.hpp"
#include "services/auth/domain/password_book.hpp"
#include "services/auth/rpc/auth_service.hpp"
#include "services/auth/storage/redis/redis_attempt_limits.hpp"

namespace sotto::auth {

void expose_service(metrics::Metrics& metrics, const AuthService& service);
void expose_book(metrics::Metrics& metrics, const PasswordBook& book);
void expose_attempts(metrics::Metrics& metrics, const RedisAttemptLimits& limits);

}  // namespace sotto::auth
