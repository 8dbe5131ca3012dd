#include "tools/detect/image_finisher.h"

#include <algorithm>

namespace tools {

ImageFinisher::ImageFinisher(const DetectionPictures& pictures, int threads, Finish finish,
                             std::function<void()> failed)
    : pictures_(pictures), finish_(std::move(finish)), failed_(std::move(failed)) {
  if (threads <= 0) threads = int(std::thread::hardware_concurrency());
  for (int i = 0; i < std::max(threads, 1); ++i) threads_.emplace_back([this] { work(); });
}

ImageFinisher::~ImageFinisher() {
  {
    const std::lock_guard lock(mutex_);
    ended_ = true;
  }
  changed_.notify_all();
}

void ImageFinisher::add(std::vector<DetectedImage> images) {
  wait();
  {
    const std::lock_guard lock(mutex_);
    for (DetectedImage& image : images) jobs_.push_back({std::move(image), {}, false});
  }
  changed_.notify_all();
}

void ImageFinisher::wait() {
  std::unique_lock lock(mutex_);
  changed_.wait(lock, [this] { return jobs_.empty() || error_; });
  if (error_) std::rethrow_exception(error_);
}

void ImageFinisher::work() {
  std::unique_lock lock(mutex_);
  while (true) {
    changed_.wait(lock, [this] { return ended_ || begun_ < jobs_.size(); });
    if (ended_) return;
    try {
      make(lock);
      finish_made(lock);
    } catch (...) {
      if (!lock.owns_lock()) lock.lock();
      stop(std::current_exception());
    }
  }
}

void ImageFinisher::make(std::unique_lock<std::mutex>& lock) {
  Job& job = jobs_[begun_++];  // a deque's element stays in place while others are added or removed
  lock.unlock();
  EncodedPictures made;
  if (job.image.problem.empty()) made = pictures_.make(job.image);
  lock.lock();
  job.pictures = std::move(made);
  job.made = true;
}

// Finishes all images that are made, in their order, up to the first that is not. One thread does
// so at a time.
void ImageFinisher::finish_made(std::unique_lock<std::mutex>& lock) {
  if (finishing_) return;
  finishing_ = true;
  while (!ended_ && !jobs_.empty() && jobs_.front().made) {
    const Job& job = jobs_.front();
    lock.unlock();
    finish_(job.image, job.pictures);
    lock.lock();
    jobs_.pop_front();
    --begun_;
  }
  finishing_ = false;
  changed_.notify_all();
}

void ImageFinisher::stop(std::exception_ptr error) {
  if (!error_) {
    error_ = std::move(error);
    failed_();
  }
  ended_ = true;
  changed_.notify_all();
}

}  // namespace tools
