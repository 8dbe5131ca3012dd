// Guesses which file was meant by the name of a file that is not there.
#pragma once
#include <filesystem>
#include <map>
#include <mutex>
#include <string>

namespace data {

// Each folder is listed once, when it is first needed. Several threads may ask.
class SimilarFiles {
 public:
  // Returns the path below `folder` of a file whose name differs from `name` only in the folders
  // before it, in its ending, in upper and lower case, in Unicode's forms of a letter, in blanks
  // that are written as +, _ or %20, or in what an exporter added to it (".rf." and a hash). Empty
  // if there is none.
  std::string find(const std::filesystem::path& folder, const std::string& name);
  // ", which has NAME" for a sentence that ends with the folder, or an empty text.
  std::string in_words(const std::filesystem::path& folder, const std::string& name);

 private:
  using Names = std::map<std::string, std::string>;  // by what all spellings of a name share
  const Names& names_in(const std::filesystem::path& folder);

  std::mutex mutex_;
  std::map<std::filesystem::path, Names> listed_;
};

// The same for one folder or file that a user has named: "; there is NAME" if its folder has an
// entry whose name differs only in these ways, or an empty text.
std::string similar_path_in_words(const std::filesystem::path& path);

}  // namespace data
