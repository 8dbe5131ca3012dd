#include "tools/library/detector.h"

#include "engine/base/version.h"
#include "tools/library/borders.h"
#include "tools/library/session.h"

namespace ssd {
Error::Error(ErrorCode code, const std::string& message)
    : std::runtime_error(message), code_(code) {}
Error::~Error() = default;

Detector::Detector(const std::string& checkpoint, const Options& options)
    : session_(with_own_errors([&] { return std::make_unique<Session>(checkpoint, options); })) {}

Detector::~Detector() {
  // A forked process has no thread that could be waited for.
  if (session_ && session_->belongs_to_another_process()) session_.release();
}

Detector::Detector(Detector&&) noexcept = default;

Detector& Detector::operator=(Detector&& other) noexcept {
  std::swap(session_, other.session_);
  return *this;
}

std::vector<Box> Detector::detect(const Picture& picture) const {
  return with_own_errors([&] { return std::move(session_->detect(&picture, 1)[0]); });
}

std::vector<std::vector<Box>> Detector::detect(const std::vector<Picture>& pictures) const {
  return with_own_errors([&] { return session_->detect(pictures.data(), pictures.size()); });
}

const std::vector<Class>& Detector::classes() const { return session_->classes(); }

const std::string& Detector::device() const { return session_->device(); }

const char* version() {
  static const std::string text = base::version_parts().front().second;
  return text.c_str();
}

}  // namespace ssd
