// What a user most likely meant by a word of the command line that the program does not know.
#pragma once
#include <string>
#include <vector>

namespace tools {

// What a program, with the command in use, could have been given.
struct PossibleWords {
  std::vector<std::string> options;  // with dashes; those that were given already are left out
  bool takes_images = false;         // without an option
  bool takes_keys = false;           // of a configuration, as key.path=value
};

// Of an unknown option, as "--epochs=5" or "--weights": what has its meaning here, such as
// "train.epochs=5" or "--checkpoint". Empty if nothing has.
std::string meant_by_option(const std::string& word, const PossibleWords&);

// Of a word that belongs to no option, as "run.json": the option whose value it may be, and the
// word, such as "--config run.json". Empty if there is none.
std::string meant_by_value(const std::string& word, const std::vector<std::string>& options);

}  // namespace tools
