#define CATCH_CONFIG_MAIN
#include <catch2/catch.hpp>

// The leak sanitizer asks for this. Fontconfig keeps its fonts behind offsets, which the sanitizer
// does not take for pointers: it reports as lost what is in use.
extern "C" const char* __lsan_default_suppressions();
const char* __lsan_default_suppressions() { return "leak:libfontconfig\n"; }
