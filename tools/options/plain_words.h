// Says what is wrong with a command line, in words that need no knowledge of the parser.
#pragma once
#include <string>

namespace tools {

// Rewrites a message of CLI11's error of this name, such as "ArgumentMismatch". Messages of other
// kinds stay as they are.
std::string in_plain_words(const std::string& error, const std::string& message);

// The hint behind a word that belongs to no option, if --tfrecords is given.
inline constexpr const char* kAboutGlobs =
    "; put a pattern of --tfrecords between quotes, so that the shell does not expand it";

}  // namespace tools
