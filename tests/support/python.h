// The Python of tests that need one: a test whose modules are not there skips what needs them, and
// says so.
#pragma once
#include <string>

namespace tests {

// The interpreter that PY names in the environment, or python3.
std::string python();

// Whether it can import these modules, such as "numpy, PIL". If not, warns in the running test case
// that `what` is skipped.
bool python_has(const std::string& modules, const std::string& what);

}  // namespace tests
