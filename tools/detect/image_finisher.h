// Finishes images on other threads, while the next batch is computed.
#pragma once
#include <condition_variable>
#include <deque>
#include <exception>
#include <functional>
#include <mutex>
#include <thread>
#include <vector>

#include "tools/detect/detection_pictures.h"

namespace tools {

class ImageFinisher {
 public:
  // `pictures` makes pictures on several threads at a time. `finish` is called on one at a time, in
  // the order of the images. After a call has thrown, nothing is finished any more, and `failed` is
  // called on that thread. `pictures`, and what the functions refer to, must outlive this object.
  using Finish = std::function<void(const DetectedImage&, const EncodedPictures&)>;
  ImageFinisher(
      const DetectionPictures& pictures, int threads, Finish finish,
      std::function<void()> failed = [] {});
  ~ImageFinisher();  // drops images that no thread has begun
  ImageFinisher(const ImageFinisher&) = delete;
  ImageFinisher& operator=(const ImageFinisher&) = delete;

  // Waits until the images that were added before are finished, so that few are in memory, and adds
  // these. Throws what a call has thrown.
  void add(std::vector<DetectedImage> images);
  // Waits until all images are finished. Throws what a call has thrown.
  void wait();

 private:
  struct Job {
    DetectedImage image;
    EncodedPictures pictures;
    bool made = false;
  };

  void work();
  void make(std::unique_lock<std::mutex>&);
  void finish_made(std::unique_lock<std::mutex>&);
  void stop(std::exception_ptr);

  const DetectionPictures& pictures_;
  const Finish finish_;
  const std::function<void()> failed_;
  std::mutex mutex_;
  std::condition_variable changed_;
  std::deque<Job> jobs_;  // in the order of the images
  size_t begun_ = 0;      // how many of jobs_, from the first on, a thread has begun
  bool finishing_ = false, ended_ = false;
  std::exception_ptr error_;
  std::vector<std::jthread> threads_;  // is the last member, so that they end before the others
};

}  // namespace tools
