// Keeps chosen convolution plans between runs, in a folder with one file per plan.
#pragma once
#include <optional>
#include <string>

namespace engine {

// A fault of the folder costs a run time and nothing else: a file that is damaged, too long or made
// for another key counts as absent, and a value that cannot be written is not kept. Several
// processes may share a folder.
class PlanCache {
 public:
  // An empty folder keeps nothing.
  explicit PlanCache(std::string folder) : folder_(std::move(folder)) {}

  const std::string& folder() const { return folder_; }
  // `key` is one line of text, the value any text.
  std::optional<std::string> find(const std::string& key) const;
  void keep(const std::string& key, const std::string& value) const;
  void remove(const std::string& key) const;

 private:
  std::string path_of(const std::string& key) const;
  std::string folder_;
};

}  // namespace engine
