// A server test's report for people and for programs (docs/cli.md, "server test"). The password of the address is never
// in it. Pure functions.
#pragma once

#include <ostream>
#include <string>

#include "admin-cli/commands/server_test.hpp"

namespace sotto::cli {

// One line of the table, as rows come about.
void print_row(const TestRow& row, bool colour, std::ostream& out);
// What comes after the table.
void print_result(const TestReport& report, const smp::ServerAddress& address, bool colour, std::ostream& out);
// The exit code that the report asks for.
int exit_code(const TestReport& report);
// One JSON document.
std::string to_json(const TestReport& report, const smp::ServerAddress& address);
// The same document for an address that does not parse or is not read.
std::string bad_address_json(const Error& error);

}  // namespace sotto::cli
