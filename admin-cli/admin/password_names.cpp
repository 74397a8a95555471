#include "admin-cli/admin/password_names.hpp"

#include "libs/config/nearest.hpp"

namespace sotto::cli {

Result<std::vector<v1::Password>> all_passwords(AdminConnection& server, v1::PasswordAdmin::Stub& stub) {
  std::vector<v1::Password> out;
  v1::ListPasswordsRequest request;
  request.set_page_size(1000);
  for (;;) {
    v1::ListPasswordsResponse page;
    if (auto status = server.call(stub, &v1::PasswordAdmin::Stub::ListPasswords, request, page); !status) {
      return status.error();
    }
    out.insert(out.end(), page.passwords().begin(), page.passwords().end());
    if (page.next_page_token().empty()) return out;
    request.set_page_token(page.next_page_token());
  }
}

Result<v1::Password> find_password(const std::vector<v1::Password>& passwords, const std::string& name) {
  const v1::Password* found = nullptr;
  std::vector<std::string> labels;
  for (const auto& password : passwords) {
    if (password.password_id() == name) return password;
    labels.push_back(password.label());
    if (password.label() != name) continue;
    if (found == nullptr || found->state() != v1::PASSWORD_STATE_ACTIVE) found = &password;
  }
  if (found != nullptr) return *found;
  const auto nearest = config::nearest_name(name, labels);
  return Error{ErrorCode::not_found, "there is no password with this label or id" +
                                         (nearest.empty() ? std::string() : "; did you mean '" + nearest + "'?") +
                                         " (`sotto password list` shows them)"};
}

}  // namespace sotto::cli
