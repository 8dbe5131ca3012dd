// What a Detector keeps: the model, the thread that runs it, and the classes by column.
#pragma once
#include <sys/types.h>

#include <memory>
#include <string>
#include <vector>

#include "data/loading/batch.h"
#include "tools/library/detector.h"
#include "tools/library/serial_thread.h"
#include "tools/run/loaded_model.h"

namespace ssd {

class Detector::Session {
 public:
  // Both throw base::Error.
  Session(const std::string& checkpoint, const Options& options);
  std::vector<std::vector<Box>> detect(const Picture* pictures, size_t count);
  Session(const Session&) = delete;
  Session& operator=(const Session&) = delete;

  const std::vector<Class>& classes() const { return classes_; }
  const std::string& device() const { return device_; }
  // Whether this process is a fork of the one with the session: it has the memory, but no thread.
  bool belongs_to_another_process() const;

 private:
  void load(const std::string& checkpoint, const Options& options);
  std::vector<Box> boxes_of(const std::vector<run::FoundBox>& found, const Picture& picture) const;

  const pid_t process_;
  const size_t batch_;
  data::PictureSize input_;
  std::string device_;
  std::vector<Class> classes_;
  std::vector<const Class*> by_column_;      // null: no class has this column
  std::unique_ptr<run::LoadedModel> model_;  // made, used and destroyed on the thread
  run::Inference* network_ = nullptr;        // of the model
  // The last member, so that it ends before the model's pointer does, also if load() throws.
  SerialThread thread_{[this] { model_.reset(); }};
};

}  // namespace ssd
