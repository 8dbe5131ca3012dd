#include "tests/support/python.h"

#include <cstdlib>

#include "tests/support/catch.h"
#include "tests/support/paths.h"

namespace tests {

std::string python() {
  const char* named = std::getenv("PY");
  return named && *named ? named : "python3";
}

bool python_has(const std::string& modules, const std::string& what) {
  if (run(python() + " -c 'import " + modules + "'").exit_code == 0) return true;
  WARN("skipped: " << what << ": " << python() << " lacks one of " << modules
                   << "; PY may name another Python");
  return false;
}

}  // namespace tests
