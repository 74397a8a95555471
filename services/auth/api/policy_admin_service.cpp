#include "services/auth/api/policy_admin_service.hpp"

#include "libs/rpc/status.hpp"
#include "services/auth/api/values.hpp"

namespace sotto::auth {

grpc::Status PolicyAdminService::GetPolicy(grpc::ServerContext* context, const v1::GetPolicyRequest* /*request*/,
                                           v1::GetPolicyResponse* response) {
  auto actor = access_.admit(*context, Role::viewer, "policy.show");
  if (auto* refused = std::get_if<grpc::Status>(&actor)) return *refused;
  const auto policy = passwords_.policy();
  if (!policy) return rpc::to_status(policy.error());
  to_proto(policy->policy, *response->mutable_policy());
  response->set_version(policy->version);
  return grpc::Status::OK;
}

grpc::Status PolicyAdminService::SetPolicy(grpc::ServerContext* context, const v1::SetPolicyRequest* request,
                                           v1::SetPolicyResponse* response) {
  auto actor = access_.admit(*context, Role::operator_, "policy.set");
  if (auto* refused = std::get_if<grpc::Status>(&actor)) return *refused;
  const auto options = change_options(request->request_id(), request->dry_run());
  if (!options) return rpc::to_status(options.error());
  std::optional<std::uint64_t> expected;
  if (request->has_expected_version()) expected = request->expected_version();
  const auto version = passwords_.set_policy(std::get<Actor>(actor), from_proto(request->policy()), expected, *options);
  if (!version) {
    // gRPC's word for what was changed meanwhile is another one than for what exists.
    if (version.error().code == ErrorCode::conflict) return {grpc::StatusCode::ABORTED, version.error().message};
    return rpc::to_status(version.error());
  }
  response->set_version(*version);
  return grpc::Status::OK;
}

}  // namespace sotto::auth
