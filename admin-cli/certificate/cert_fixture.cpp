#include "admin-cli/certificate/cert_fixture.hpp"

#include <regex>

#include "tests/support/golden/golden_file.hpp"

namespace sotto::cli {

void CertFixture::expect_golden(const std::string& name, const Output& output) const {
  auto text = "exit " + std::to_string(output.exit_code) + "\n--- out\n" + output.out + "--- err\n" + output.err;
  const auto replace = [&text](const std::regex& what, const std::string& with) {
    text = std::regex_replace(text, what, with);
  };
  auto fingerprint = file("fingerprint");
  fingerprint.pop_back();
  replace(std::regex(dir_.path().string()), "DIR");
  replace(std::regex(fingerprint), "FINGERPRINT");
  replace(std::regex(algorithm()), "ALGORITHM");
  replace(std::regex("[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9:]{8}Z"), "TIME");
  replace(std::regex("(days left +|\"daysLeft\": )-?[0-9]+"), "$1DAYS");
  replace(std::regex("(BEGIN CERTIFICATE REQUEST-----)[^-]*(-----END)"), "$1 … $2");
  test::expect_golden("admin-cli/certificate/golden/" + name + ".txt", text);
}

}  // namespace sotto::cli
