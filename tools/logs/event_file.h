// Writes events.out.tfevents.*, the file that TensorBoard shows. It is a TFRecord file, and each
// record is a message tensorflow.Event.
#pragma once
#include <memory>
#include <string>
#include <string_view>

#include "engine/base/append_file.h"
#include "tools/logs/dllogger.h"

namespace logs {

class EventFile {
 public:
  // Continues the newest event file of the folder after `last_step`, and removes later events. If
  // an event is damaged, all from there on are removed, and a copy of the file is kept. If
  // `last_step` is 0 or there is no such file, starts a new one.
  EventFile(const std::string& folder, int64_t last_step);

  void scalars(int64_t step, const NamedValues&);  // names are tags, such as "Loss/total_loss"
  // Writes a PNG or JPEG picture of that size.
  void image(int64_t step, const std::string& tag, int width, int height, std::string_view encoded);

  const std::string& path() const { return file_->path(); }
  // What was wrong with the file that is continued. Empty if nothing was.
  const std::string& damage() const { return damage_; }

 private:
  void event(int64_t step, std::string_view summary);
  std::string damage_;
  std::unique_ptr<base::AppendFile> file_;
};

}  // namespace logs
