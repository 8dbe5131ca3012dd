// events.out.tfevents.*: what TensorBoard shows. Records of tensorflow.Event in TFRecord frames.
#pragma once
#include <memory>
#include <string>
#include <string_view>

#include "engine/base/append_file.h"
#include "tools/logs/dllogger.h"

namespace logs {

class EventFile {
 public:
  // Goes on with the newest event file of the folder, cut after `last_step`; 0, or none there: a
  // new one.
  EventFile(const std::string& folder, int64_t last_step);

  void scalars(int64_t step, const NamedValues&);  // names are tags, as "Loss/total_loss"
  // An encoded PNG or JPEG of that size, under a tag.
  void image(int64_t step, const std::string& tag, int width, int height, std::string_view encoded);

  const std::string& path() const { return file_->path(); }

 private:
  void event(int64_t step, std::string_view summary);
  std::unique_ptr<base::AppendFile> file_;
};

}  // namespace logs
