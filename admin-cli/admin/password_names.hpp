// Which password a label or an id means, by the list of the server. Plain functions; one thread.
#pragma once

#include <sotto/admin/v1/admin.grpc.pb.h>

#include <string>
#include <vector>

#include "admin-cli/admin/admin_connection.hpp"

namespace sotto::cli {

namespace v1 = sotto::admin::v1;

// All of them, the oldest first, however many pages they are.
Result<std::vector<v1::Password>> all_passwords(AdminConnection& server, v1::PasswordAdmin::Stub& stub);

// By its id, or by its label: the active one of that label, else the newest. not_found, naming what is near.
Result<v1::Password> find_password(const std::vector<v1::Password>& passwords, const std::string& name);

}  // namespace sotto::cli
