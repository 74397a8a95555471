#include "services/auth/api/password_admin_service.hpp"

#include "libs/rpc/status.hpp"
#include "services/auth/api/values.hpp"

namespace sotto::auth {
namespace {

std::optional<SecretString> own(const std::string& password) {
  if (password.empty()) return std::nullopt;
  return SecretString(password);
}

void set_secret(const Made& made, std::string& out) {
  if (made.secret) out = made.secret->expose();
}

}  // namespace

grpc::Status PasswordAdminService::ListPasswords(grpc::ServerContext* context, const v1::ListPasswordsRequest* request,
                                                 v1::ListPasswordsResponse* response) {
  auto actor = access_.admit(*context, Role::viewer, "password.list");
  if (auto* refused = std::get_if<grpc::Status>(&actor)) return *refused;
  const auto page = page_request(request->page_size(), request->page_token());
  if (!page) return rpc::to_status(page.error());
  const auto passwords = passwords_.list();
  if (!passwords) return rpc::to_status(passwords.error());
  auto place = static_cast<std::size_t>(page->from);
  const auto end = std::min(passwords->size(), place + page->size);
  for (; place < end; ++place) to_proto((*passwords)[place], now(), *response->add_passwords());
  if (place < passwords->size()) response->set_next_page_token(page_token(place));
  return grpc::Status::OK;
}

grpc::Status PasswordAdminService::CreatePassword(grpc::ServerContext* context,
                                                  const v1::CreatePasswordRequest* request,
                                                  v1::CreatePasswordResponse* response) {
  auto actor = access_.admit(*context, Role::operator_, "password.create");
  if (auto* refused = std::get_if<grpc::Status>(&actor)) return *refused;
  const auto options = change_options(request->request_id(), request->dry_run());
  if (!options) return rpc::to_status(options.error());
  const auto made = passwords_.create(std::get<Actor>(actor),
                                      {.label = request->label(),
                                       .own = own(request->own_password()),
                                       .not_before = request->not_before(),
                                       .expires = request->expires(),
                                       .daily_limit = request->daily_limit()},
                                      *options);
  if (!made) return rpc::to_status(made.error());
  to_proto(made->password, now(), *response->mutable_password());
  set_secret(*made, *response->mutable_made_password());
  return grpc::Status::OK;
}

grpc::Status PasswordAdminService::RotatePassword(grpc::ServerContext* context,
                                                  const v1::RotatePasswordRequest* request,
                                                  v1::RotatePasswordResponse* response) {
  auto actor = access_.admit(*context, Role::operator_, "password.rotate");
  if (auto* refused = std::get_if<grpc::Status>(&actor)) return *refused;
  const auto options = change_options(request->request_id(), request->dry_run());
  if (!options) return rpc::to_status(options.error());
  const auto overlap =
      request->has_overlap_seconds() ? std::chrono::seconds(request->overlap_seconds()) : kDefaultOverlap;
  const auto rotated = passwords_.rotate(std::get<Actor>(actor), request->password_id(), overlap,
                                         own(request->own_password()), *options);
  if (!rotated) return rpc::to_status(rotated.error());
  to_proto(rotated->before, now(), *response->mutable_old_password());
  to_proto(rotated->after.password, now(), *response->mutable_new_password());
  set_secret(rotated->after, *response->mutable_made_password());
  return grpc::Status::OK;
}

grpc::Status PasswordAdminService::ExpirePassword(grpc::ServerContext* context,
                                                  const v1::ExpirePasswordRequest* request,
                                                  v1::ExpirePasswordResponse* response) {
  auto actor = access_.admit(*context, Role::operator_, "password.expire");
  if (auto* refused = std::get_if<grpc::Status>(&actor)) return *refused;
  const auto options = change_options(request->request_id(), request->dry_run());
  if (!options) return rpc::to_status(options.error());
  const auto password = passwords_.expire(std::get<Actor>(actor), request->password_id(), request->expires(), *options);
  if (!password) return rpc::to_status(password.error());
  to_proto(*password, now(), *response->mutable_password());
  return grpc::Status::OK;
}

grpc::Status PasswordAdminService::RevokePassword(grpc::ServerContext* context,
                                                  const v1::RevokePasswordRequest* request,
                                                  v1::RevokePasswordResponse* response) {
  auto actor = access_.admit(*context, Role::operator_, "password.revoke");
  if (auto* refused = std::get_if<grpc::Status>(&actor)) return *refused;
  const auto options = change_options(request->request_id(), request->dry_run());
  if (!options) return rpc::to_status(options.error());
  const auto password = passwords_.revoke(std::get<Actor>(actor), request->password_id(), *options);
  if (!password) return rpc::to_status(password.error());
  to_proto(*password, now(), *response->mutable_password());
  return grpc::Status::OK;
}

}  // namespace sotto::auth
