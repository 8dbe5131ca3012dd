// Names of classes that are probably meant to be one.
#pragma once
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace data {

struct Category;
struct Dataset;

// The name in lower case, without blanks, '-' and '_', and with one of the forms that Unicode has
// for a letter. Two names with the same result are probably meant to be one. For a name that is not
// UTF-8, returns base::simplified(name).
std::string simplified(const std::string& name);

// Returns the name in lower case (Unicode's case folding), with one of the forms that Unicode has
// for a letter. If the name is not UTF-8, only its ASCII letters become lower case.
std::string without_case(const std::string& name);

// The part of a path behind its last / or \, which Windows writes.
std::string_view without_folders(std::string_view path);

// Whether the names are other bytes, but the same letters in Unicode, such as a letter with an
// accent as one character or as two. People cannot see the difference.
bool look_equal(const std::string& a, const std::string& b);

// How two names that are alike differ, for messages: "in case, blanks, - or _", or "in their
// Unicode characters, although they look equal".
std::string difference_in_words(const std::string& a, const std::string& b);

// Lists the names that are alike, each together with the first name to which it is alike: "'Bolt'
// and 'bolt' differ only in case, blanks, - or _; ...". At most three pairs, and the number of the
// others. Empty if there is none.
std::string alike_in_words(const std::vector<std::string>& names);

// The file that lists the classes of a data set, or else the data set's name.
std::string class_file_of(const Dataset&);

// Says that two categories have one name, and what to do about it.
std::string same_name_in_words(const Category& one, const Category& other);
// Says so of the first two categories with one name, after the name of the file that lists them.
// Empty if all differ.
std::string same_name_in_words(const Dataset&);

}  // namespace data
