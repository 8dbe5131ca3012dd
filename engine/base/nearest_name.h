// "Did you mean": the known name closest to a misspelt one.
#pragma once
#include <string>
#include <vector>

namespace base {

// Insertions, deletions, substitutions and swaps of neighbours that turn `a` into `b` (optimal
// string alignment, Damerau 1964). Names are cut to 64 characters.
int edit_distance(const std::string& a, const std::string& b);

// The nearest of `known` within a third of the name's length (at least 1, at most 4); empty when
// none is.
std::string nearest_name(const std::string& name, const std::vector<std::string>& known);

}  // namespace base
