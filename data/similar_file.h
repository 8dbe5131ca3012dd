// Guesses which file was meant by the name of a file that is not there.
#pragma once
#include <filesystem>
#include <map>
#include <set>
#include <string>

namespace data {

// All names that are similar to one name without folders, in the way that SimilarFiles::find says.
class SimilarNames {
 public:
  explicit SimilarNames(const std::string& name);
  bool has(const std::string& name) const;

 private:
  std::set<std::string> forms_;
};

// Each folder is listed once, when it is first needed.
class SimilarFiles {
 public:
  // Returns the path below `folder` of a file whose name differs from `name` only in the folders
  // before it, in its ending, in upper and lower case, in Unicode's forms of a letter, in blanks
  // that are written as +, _ or %20, or in what an exporter added to one of them (".rf." and a
  // hash). Empty if there is none.
  std::string find(const std::filesystem::path& folder, const std::string& name);
  // ", which has NAME" for a sentence that ends with the folder, or an empty text.
  std::string in_words(const std::filesystem::path& folder, const std::string& name);

 private:
  using Names = std::map<std::string, std::string>;  // by what all spellings of a name share
  const Names& names_in(const std::filesystem::path& folder);

  std::map<std::filesystem::path, Names> listed_;
};

// Finds images by their names alone in all folders below one. It is walked through once, when the
// first name is asked for. Of more than `most` entries, only the first ones are looked at, since
// the folder may be a whole disk.
class FilesBelow {
 public:
  explicit FilesBelow(const std::filesystem::path& folder, size_t most = 100'000);
  // The path of the image below the folder; empty if there is none.
  std::string find(const std::string& name);

 private:
  const std::filesystem::path folder_;
  const size_t most_;
  bool walked_ = false;
  std::map<std::string, std::string> places_;  // by name without folders
};

// The same as SimilarFiles for one folder or file that a user has named: "; there is NAME" if its
// folder has an entry whose name differs only in these ways, or an empty text.
std::string similar_path_in_words(const std::filesystem::path& path);

}  // namespace data
