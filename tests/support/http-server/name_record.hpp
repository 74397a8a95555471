// What a resolver of names says of a name, for tests. Pure.
#pragma once

#include <string>

namespace sotto::test {

// A record as resolvers make them (docs/names.md).
std::string name_record(const std::string& name);

}  // namespace sotto::test
