#include "admin-cli/doctor/report.hpp"

#include <gtest/gtest.h>

#include "tests/support/golden/golden_file.hpp"

namespace sotto::cli {
namespace {

std::vector<Check> one_of_each() {
  return {{"configuration", {fine("sotto.toml can be used by sotto-server")}},
          {"identity", {fine("it is valid"), failed("a key is readable", "chmod 600"), warning("it ends", "renew it")}},
          {"dns", {warning("it is private", "publish it"), skipped("it is an onion")}},
          {"redis", {skipped("there is none")}}};
}

TEST(DoctorReport, IsALineAFinding) {
  test::expect_golden("admin-cli/doctor/golden/report.txt", to_text(one_of_each()));
}

TEST(DoctorReport, IsADocument) {
  test::expect_golden("admin-cli/doctor/golden/report.json", to_json("sotto-server", one_of_each()) + "\n");
}

TEST(DoctorReport, IsADocumentWhateverBytesWereSeen) {
  EXPECT_NE(to_json("sotto-server", {{"dns", {fine("\xff")}}}).find("\xef\xbf\xbd"), std::string::npos);
}

TEST(DoctorReport, EndsWithNineOnlyWhenSomethingFails) {
  EXPECT_EQ(exit_code_of({}), 0);
  EXPECT_EQ(exit_code_of({{"dns", {warning("it is private", "publish it")}}, {"redis", {skipped("none")}}}), 0);
  EXPECT_EQ(exit_code_of(one_of_each()), 9);
}

}  // namespace
}  // namespace sotto::cli
