// Wrappers for functions that programs call: the library throws nothing but ssd::Error, and nothing
// at all into C.
#pragma once
#include <new>

#include "engine/base/error.h"
#include "engine/base/text.h"
#include "tools/library/detector.h"

namespace ssd {

// The message if something is thrown that is no std::exception, as a caller's `tell` may do.
inline constexpr const char* kUnknownError = "an exception of an unknown type was thrown";

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
  } catch (...) {
    throw Error(ErrorCode::failed, kUnknownError);
  }
}

// Calls f and returns 0; or the code of what it throws, after tell(text), which must not throw.
template <class F, class Tell> int code_of(const F& f, const Tell& tell) noexcept {
  try {
    f();
    return 0;
  } catch (const Error& error) {
    tell(error.what());
    return int(error.code());
  } catch (const std::bad_alloc&) {
    tell("out of memory");
    return int(ErrorCode::resources);
  } catch (const std::exception& error) {
    tell(error.what());
    return int(ErrorCode::failed);
  } catch (...) {
    tell(kUnknownError);
    return int(ErrorCode::failed);
  }
}

}  // namespace ssd
