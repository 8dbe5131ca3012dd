// What leaves the shared library when something inside of it throws, and on which thread a network
// ends.
#include "tools/library/borders.h"

#include <thread>

#include "tests/support/catch.h"
#include "tools/library/serial_thread.h"

using Catch::Contains;
using ssd::ErrorCode;

namespace {

struct Outcome {
  int code = 0;
  std::string text;
};

// At the border of C.
template <class F> Outcome in_c(const F& f) {
  Outcome outcome;
  outcome.code = ssd::code_of(f, [&](const char* text) { outcome.text = text; });
  return outcome;
}

// At the border of C++.
template <class F> Outcome in_cpp(const F& f) {
  try {
    ssd::with_own_errors(f);
    return {};
  } catch (const ssd::Error& error) {
    return {int(error.code()), error.what()};
  }
}

void check(const Outcome& outcome, ErrorCode code, const std::string& text) {
  CHECK(outcome.code == int(code));
  CHECK(outcome.text == text);
}

}  // namespace

TEST_CASE("nothing but the library's own errors crosses its border") {
  CHECK(in_cpp([] {}).code == 0);
  const auto data = [] { base::fail(base::ExitCode::data, "two\nlines"); };
  check(in_cpp(data), ErrorCode::data, "two\\nlines");
  check(in_cpp([] { throw std::bad_alloc(); }), ErrorCode::resources, "out of memory");
  check(in_cpp([] { throw std::runtime_error("why"); }), ErrorCode::failed, "why");
  check(in_cpp([] { throw 7; }), ErrorCode::failed, ssd::kUnknownError);
}

TEST_CASE("nothing at all is thrown into C") {
  CHECK(in_c([] {}).code == 0);
  const auto data = [] { throw ssd::Error(ErrorCode::data, "a picture"); };
  check(in_c(data), ErrorCode::data, "a picture");
  check(in_c([] { throw std::bad_alloc(); }), ErrorCode::resources, "out of memory");
  check(in_c([] { throw std::runtime_error("why"); }), ErrorCode::failed, "why");
  check(in_c([] { throw 7; }), ErrorCode::failed, ssd::kUnknownError);
}

TEST_CASE("what a serial thread was given ends on that thread, whoever ends it") {
  std::thread::id worked, ended;
  bool all_done = false;
  auto own = std::make_unique<ssd::SerialThread>([&] { ended = std::this_thread::get_id(); });
  std::thread([&] { own->call([&] { worked = std::this_thread::get_id(); }); }).join();
  CHECK_THROWS_AS(own->call([] { throw 7; }), int);
  own->call([&] { all_done = true; });
  std::thread([&] { own.reset(); }).join();
  CHECK(all_done);
  CHECK(ended == worked);
  CHECK(worked != std::this_thread::get_id());
}

TEST_CASE("a member that a constructor leaves behind when it throws ends on the serial thread") {
  static std::thread::id made, ended;
  struct Resource {
    Resource() { made = std::this_thread::get_id(); }
    ~Resource() { ended = std::this_thread::get_id(); }
  };
  struct Owner {  // as Detector::Session
    std::unique_ptr<Resource> resource;
    ssd::SerialThread thread{[this] { resource.reset(); }};
    Owner() {
      thread.call([this] {
        resource = std::make_unique<Resource>();
        throw std::runtime_error("after the resource was made");
      });
    }
  };
  CHECK_THROWS_AS(Owner(), std::runtime_error);
  CHECK(ended == made);
  CHECK(made != std::this_thread::get_id());
}
