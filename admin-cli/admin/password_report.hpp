// Passwords as text and as JSON: all that is known of them but themselves. Pure functions.
#pragma once

#include <sotto/admin/v1/admin.pb.h>

#include <ostream>
#include <string_view>
#include <vector>

#include <nlohmann/json_fwd.hpp>

namespace sotto::cli {

namespace v1 = sotto::admin::v1;

std::string_view to_string(v1::PasswordState state);
nlohmann::ordered_json to_json(const v1::Password& password);
// A table with a line for each.
void print_table(const std::vector<v1::Password>& passwords, std::ostream& out);
// One line, for what a change was done to.
void print_line(const v1::Password& password, std::ostream& out);

}  // namespace sotto::cli
