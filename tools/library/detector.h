// Finds objects in pictures that are in memory, with a model that ssdtrain has trained.
//
// This header is all that a C++17 program needs of ssd320. docs/embedding.md shows how to link with
// the library. detector_c.h offers the same to C and to other languages.
#pragma once
#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <stdexcept>
#include <string>
#include <vector>

#define SSD320_EXPORT __attribute__((visibility("default")))

namespace ssd {

// What kind of failure it was. The numbers are the exit codes of the programs.
enum class ErrorCode {
  failed = 1,
  usage = 2,       // an option out of its range, a wrong call
  data = 3,        // a picture that cannot be used
  checkpoint = 4,  // no such checkpoint, or it is damaged
  diverged = 5,    // the network's output is not finite: the weights are damaged
  resources = 6    // out of memory, no such device
};

// The only kind of exception that this library throws. what() is one line for the user: what is
// wrong, where, what was expected, what to do.
class SSD320_EXPORT Error : public std::runtime_error {
 public:
  Error(ErrorCode code, const std::string& message);
  ~Error() override;
  ErrorCode code() const noexcept { return code_; }

 private:
  ErrorCode code_;
};

struct Options {
  double score_threshold = 0.3;  // 0 to 1; boxes with this score or less are left out
  // 0 to 1; of two boxes of a class whose IoU is larger, only that with the higher score is kept.
  // Empty: the threshold with which the model was evaluated.
  std::optional<double> iou_threshold;
  int max_detections = 0;  // most boxes of a picture, to 10,000; 0: as the model was evaluated
  // How many pictures the network takes at a time, 1 to 4096. A batch with fewer pictures takes as
  // much time and memory as a full one.
  int batch = 1;
  std::string device = "auto";      // auto (a GPU if there is one), cpu, cuda or cuda:N
  std::string precision;            // fp32, tf32, bf16 or fp16; empty: that of the training
  int threads = 0;                  // of the CPU, to 1024; 0: as OpenMP chooses, one per core
  double memory_gib = 0;            // most memory of a batch; 0: most of what is free
  std::string plan_cache = "auto";  // folder for a GPU's plans; auto: the user's cache; empty: none
  // Receives lines about what takes long. Empty: nobody is told. It may be called on any thread. If
  // it throws, the call that it belongs to ends with an Error.
  std::function<void(const std::string&)> tell;
};

// RGB pixels of 8 bits, row by row from the top. They belong to the caller.
struct Picture {
  const std::uint8_t* rgb = nullptr;
  int width = 0, height = 0;  // 1 to 16,384, and at most 2^26 pixels
  // From one row to the next; 0: 3 * width. It is negative if the picture is stored bottom up: then
  // `rgb` points to the top row, the last one in memory.
  std::ptrdiff_t row_bytes = 0;
};

struct Class {
  std::int64_t id = 0;  // of the category in the training data
  std::string name;
};

struct Box {
  double x = 0, y = 0, width = 0, height = 0;  // in pixels; x and y are those of the upper left
  double score = 0;                            // 0 to 1
  std::int64_t class_id = 0;
  std::string class_name;
};

// A loaded model. Its functions may be called from several threads at the same time; the network
// then takes one batch after the other. Any thread may destroy it. The work is done on threads of
// the detector's own, so a process that was forked from this one cannot use it. It prints nothing
// and changes nothing of the process: no signal handlers, no environment, no working directory.
// A detector that was moved from can be destroyed or assigned to, and nothing else.
class SSD320_EXPORT Detector {
 public:
  // Loads a checkpoint: a file, or the folder of a run, whose best checkpoint is taken, or its last
  // if it has no best one.
  explicit Detector(const std::string& checkpoint, const Options& options = {});
  ~Detector();
  Detector(Detector&&) noexcept;
  Detector& operator=(Detector&&) noexcept;

  // The boxes in a picture, in descending order of scores. The values are those of ssddetect.
  std::vector<Box> detect(const Picture& picture) const;
  // The boxes in each of these pictures, which may differ in size.
  std::vector<std::vector<Box>> detect(const std::vector<Picture>& pictures) const;

  const std::vector<Class>& classes() const;
  const std::string& device() const;  // such as "cpu" or "cuda:0 NVIDIA H200"

 private:
  class Session;
  std::unique_ptr<Session> session_;
};

// Such as "0.1.0".
SSD320_EXPORT const char* version();

}  // namespace ssd
