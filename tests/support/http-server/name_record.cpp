#include "tests/support/http-server/name_record.hpp"

namespace sotto::test {

std::string name_record(const std::string& name) {
  return R"({"name":")" + name +
         R"(","nickname":"","website":"https://example.org","location":"","simplexContact":["https://example.org/a#1"],)"
         R"("simplexChannel":[],"eth":null,"btc":"bc1q","xmr":null,)"
         R"("owner":"0x0000000000000000000000000000000000000001",)"
         R"("resolver":"0x0000000000000000000000000000000000000002"})";
}

}  // namespace sotto::test
