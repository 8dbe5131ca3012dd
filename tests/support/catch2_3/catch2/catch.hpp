// Catch2 3 has no such header. Unneeded as soon as every test includes tests/support/catch.h.
#pragma once
#include "tests/support/catch.h"
