// Golden files: what a program prints, as it was last looked at. After a change that is meant, run the tests with
// SOTTO_TEST_WRITE_GOLDEN=1 and read the difference. Any thread of a test.
#pragma once

#include <string>

namespace sotto::test {

// Fails unless `text` is what `file` holds. `file`: from the root of the source tree, for example
// "admin-cli/commands/golden/handout.html".
void expect_golden(const std::string& file, const std::string& text);

}  // namespace sotto::test
