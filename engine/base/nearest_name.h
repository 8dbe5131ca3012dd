// Finds the known name that is closest to a misspelt one, for "did you mean ...?".
#pragma once
#include <string>
#include <vector>

namespace base {

// The number of insertions, deletions, substitutions and swaps of neighbours that turn `a` into `b`
// (optimal string alignment, Damerau 1964). Names are cut to 64 characters.
int edit_distance(const std::string& a, const std::string& b);

// The nearest of `known`, if its distance is at most a third of the name's length (at least 1, at
// most 4). Otherwise empty.
std::string nearest_name(const std::string& name, const std::vector<std::string>& known);

}  // namespace base
