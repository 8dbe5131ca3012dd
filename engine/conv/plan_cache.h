// Chosen convolution plans, kept between runs: a folder with one file per plan.
#pragma once
#include <optional>
#include <string>

namespace engine {

// Whatever happens to the folder, a run only loses time: files that are damaged, too long or
// another key's count as absent, and what cannot be written is not kept. Several processes may
// share a folder.
class PlanCache {
 public:
  explicit PlanCache(std::string folder) : folder_(std::move(folder)) {}  // empty: keeps nothing

  const std::string& folder() const { return folder_; }
  std::optional<std::string> find(const std::string& key) const;  // one line
  void keep(const std::string& key, const std::string& value) const;

 private:
  std::string path_of(const std::string& key) const;
  std::string folder_;
};

}  // namespace engine
