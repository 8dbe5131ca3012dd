#include "tools/library/detector.h"

#include <new>

#include "engine/base/error.h"
#include "engine/base/text.h"
#include "engine/base/version.h"
#include "tools/library/session.h"

namespace ssd {
namespace {

// Calls f, and throws Error instead of what it throws.
template <class F> auto with_own_errors(const F& f) {
  try {
    return f();
  } catch (const base::Error& error) {
    throw Error(ErrorCode(int(error.code())), base::printable(error.what()));
  } catch (const std::bad_alloc&) {
    throw Error(ErrorCode::resources, "out of memory");
  } catch (const std::exception& error) {
    throw Error(ErrorCode::failed, base::printable(error.what()));
  }
}

}  // namespace

Error::Error(ErrorCode code, const std::string& message)
    : std::runtime_error(message), code_(code) {}
Error::~Error() = default;

Detector::Detector(const std::string& checkpoint, const Options& options)
    : session_(with_own_errors([&] { return std::make_unique<Session>(checkpoint, options); })) {}

Detector::~Detector() {
  // A forked process has no thread that could end.
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
