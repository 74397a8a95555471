// The check `dns`: whether clients find the machine by the hosts of the address. Any thread.
#pragma once

#include <chrono>
#include <string>
#include <vector>

#include "admin-cli/doctor/finding.hpp"
#include "libs/base/result.hpp"
#include "libs/smp/address.hpp"

namespace sotto::cli {

// The IP addresses of a name, each once. not_found: there is no such name; timeout, and whatever else the resolver
// says.
Result<std::vector<std::string>> resolve(const std::string& name, std::chrono::milliseconds limit);
// All IP addresses of the interfaces of this machine.
std::vector<std::string> own_addresses();

// What to say of a host that has these addresses. Pure.
Finding judge_addresses(const std::string& host, const std::vector<std::string>& addresses,
                        const std::vector<std::string>& own);

// Of each host. Asks the resolver.
Findings check_dns(const std::vector<smp::Host>& hosts);

}  // namespace sotto::cli
