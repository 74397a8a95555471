#include "services/auth/api/status_service.hpp"

#include <string>

#include "libs/runtime/version.hpp"

namespace sotto::auth {

grpc::Status StatusService::GetServerStatus(grpc::ServerContext* context,
                                            const admin::v1::GetServerStatusRequest* /*request*/,
                                            admin::v1::GetServerStatusResponse* response) {
  const auto admitted = access_.admit(*context, Role::viewer, "server.status");
  if (const auto* refused = std::get_if<grpc::Status>(&admitted)) return *refused;
  response->set_component(component_);
  response->set_version(std::string(runtime::version()));
  response->set_started(started_);
  const Health* health = health_;
  if (health == nullptr) return grpc::Status::OK;
  bool ready = true;
  for (const auto& line : health->lines()) {
    auto& out = *response->add_dependencies();
    out.set_name(line.name);
    out.set_healthy(line.ok);
    out.set_message(line.reason);
    ready = ready && line.ok;
  }
  response->set_ready(ready);
  return grpc::Status::OK;
}

}  // namespace sotto::auth
