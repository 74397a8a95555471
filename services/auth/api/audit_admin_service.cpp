#include "services/auth/api/audit_admin_service.hpp"

#include "libs/rpc/status.hpp"
#include "services/auth/api/values.hpp"

namespace sotto::auth {

grpc::Status AuditAdminService::ListAudit(grpc::ServerContext* context, const v1::ListAuditRequest* request,
                                          v1::ListAuditResponse* response) {
  auto actor = access_.admit(*context, Role::viewer, "audit.list");
  if (auto* refused = std::get_if<grpc::Status>(&actor)) return *refused;
  const auto page = page_request(request->page_size(), request->page_token());
  if (!page) return rpc::to_status(page.error());
  const auto found = passwords_.audit(request->since(), page->from, page->size);
  if (!found) return rpc::to_status(found.error());
  for (const auto& entry : found->entries) to_proto(entry, *response->add_entries());
  response->set_next_page_token(page_token(found->next));
  return grpc::Status::OK;
}

}  // namespace sotto::auth
