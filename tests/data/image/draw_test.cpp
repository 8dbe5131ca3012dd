// Fonts differ between machines: what is compared is where ink is, and its colour.
#include "data/image/draw.h"

#include "tests/support/catch.h"

#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmath>
#include <fstream>
#include <limits>
#include <thread>

#include "engine/base/error.h"

using namespace data;

namespace {

constexpr Colour kBlack{0, 0, 0}, kRed{255, 0, 0};

Picture black(int width, int height) {
  return {width, height, std::vector<uint8_t>(size_t(width) * size_t(height) * 3)};
}

Colour at(const Picture& image, int x, int y) {
  const uint8_t* p = &image.rgb[(size_t(y) * size_t(image.width) + size_t(x)) * 3];
  return {p[0], p[1], p[2]};
}

// Pixels of an area that are not `colour`.
int others(const Picture& image, int left, int top, int right, int bottom, Colour colour) {
  int n = 0;
  for (int y = top; y < bottom; ++y)
    for (int x = left; x < right; ++x) n += at(image, x, y) != colour;
  return n;
}

int ink(const Picture& image) { return others(image, 0, 0, image.width, image.height, kBlack); }

Picture drawn(int width, int height, const std::vector<DrawnBox>& boxes) {
  Picture image = black(width, height);
  draw_boxes(image, boxes);
  return image;
}

}  // namespace

TEST_CASE("a frame has its thickness and lies inside its rectangle") {
  const Picture image = drawn(440, 440, {{{30, 20, 100, 80}, "", "", kRed}});  // lines of 2 pixels
  CHECK(ink(image) == 100 * 80 - 96 * 76);
  CHECK(at(image, 30, 20) == kRed);
  CHECK(at(image, 129, 99) == kRed);
  CHECK(at(image, 130, 99) == kBlack);
  CHECK(at(image, 32, 22) == kBlack);
}

TEST_CASE("rectangles of any place and size are clipped, and none inside is invisible") {
  const double infinity = std::numeric_limits<double>::infinity();
  for (Rectangle r : {Rectangle{-5, -5, 100, 100},
                      {-1e30, 3, 2e30, 1},
                      {50, 50, 4, 4},
                      {5, 5, -3, -3},
                      {-infinity, 0, infinity, 5},
                      {std::nan(""), 0, 5, std::nan("")},
                      {1e18, 1e18, 1e18, 1e18}})
    CHECK(drawn(20, 15, {{r, "a label longer than the picture is wide", "0.5", kRed}}).rgb.size() ==
          20 * 15 * 3);
  CHECK(ink(drawn(20, 15, {{{2, 2, 0, 0}, "", "", kRed}})) == 1);
  CHECK(ink(drawn(200, 150, {{{300, 20, 10, 10}, "outside", "", kRed}})) == 0);
}

TEST_CASE("pictures of every size and form have room for a label, or none") {
  for (auto [width, height] :
       {std::pair{1, 1}, {3, 40}, {32, 32}, {40, 3}, {50, 3000}, {3000, 50}}) {
    INFO(width << " x " << height);
    const Picture image =
        drawn(width, height, {{{0, 0, width / 2.0, height / 2.0}, "cat", "0.87", kRed}});
    CHECK(ink(image) > 0);
  }
  const DrawnBox box{{4, 15, 20, 14}, "cat", "", kRed};
  DrawnBox frame = box;
  frame.name.clear();
  CHECK(ink(drawn(32, 32, {box})) > ink(drawn(32, 32, {frame})) + 50);
}

TEST_CASE("a label is a plate of the box's colour with letters that contrast") {
  for (const char* name : {"cat", "клетка", "细胞", "خلية",  //
                           "žluťoučký", "कोशिका", "\xff\xfe", "\xc3"}) {
    INFO(name);
    const Picture image = drawn(300, 300, {{{100, 100, 150, 150}, name, "0.50", kRed}});
    CHECK(others(image, 0, 0, 300, 80, kBlack) == 0);    // nothing far above the label
    CHECK(others(image, 0, 80, 100, 300, kBlack) == 0);  // nor beside it
    CHECK(at(image, 100, 99) == kRed);                   // the plate's lower left corner
    CHECK(others(image, 102, 90, 125, 100, kRed) > 10);  // letters
  }
}

TEST_CASE("a strange name is drawn on one line and does not cover what is around it") {
  const Picture usual = drawn(300, 300, {{{100, 100, 150, 150}, "abc", "", kRed}});
  std::string tall = "abc";
  for (int i = 0; i < 100; ++i) tall += "\xcc\x81";  // accents, one above the other
  for (const std::string& name : {std::string("a\nb\nc"), std::string("a\0b\tc\x1b[31m", 10), tall,
                                  std::string(1 << 20, 'w')}) {
    const Picture image = drawn(300, 300, {{{100, 100, 150, 150}, name, "", kRed}});
    CHECK(others(image, 0, 0, 300, 70, kBlack) == 0);
    CHECK(others(image, 0, 100, 100, 300, kBlack) == 0);
    CHECK(others(image, 103, 103, 240, 240, kBlack) == 0);
    CHECK(ink(image) > ink(usual) / 2);
  }
}

TEST_CASE("a long name is shortened, and its score stays") {
  const std::string name(100, 'w');
  const Picture with = drawn(400, 400, {{{10, 100, 60, 60}, name, "0.87", kRed}});
  const Picture without = drawn(400, 400, {{{10, 100, 60, 60}, name, "0.11", kRed}});
  CHECK(others(with, 215, 0, 400, 400, kBlack) == 0);  // half the picture's width
  CHECK(with.rgb != without.rgb);
}

TEST_CASE("strips join: a picture of many strips shows what one strip shows") {
  const auto boxes = [](double y) {
    return std::vector<DrawnBox>{{{5, y, 500, 900}, "above", "0.5", kRed},
                                 {{5, y + 300, 60, 40}, "below", "", {0, 255, 0}}};
  };
  const Picture image = drawn(2048, 6000, boxes(1900));  // the border of two strips is at 2048
  const Picture moved = drawn(2048, 6000, boxes(2500));  // all inside the second
  const size_t row = 2048 * 3;
  CHECK(std::equal(image.rgb.begin() + long(1800 * row), image.rgb.begin() + long(2900 * row),
                   moved.rgb.begin() + long(2400 * row)));
}

TEST_CASE("threads that draw at the same time draw the same") {
  const std::vector<DrawnBox> boxes{{{20, 50, 60, 60}, "cat 猫", "0.5", kRed},
                                    {{90, 50, 60, 60}, "кошка", "0.4", {0, 0, 255}}};
  const Picture alone = drawn(200, 200, boxes);
  std::vector<Picture> images(4);
  std::vector<std::thread> threads;
  for (Picture& image : images)
    threads.emplace_back([&] {
      for (int i = 0; i < 10; ++i) image = drawn(200, 200, boxes);
    });
  for (std::thread& thread : threads) thread.join();
  for (const Picture& image : images) CHECK(image.rgb == alone.rgb);
}

#if !defined(__SANITIZE_ADDRESS__) && !defined(__SANITIZE_THREAD__)  // they take memory themselves
TEST_CASE("too little memory for letters is an error, before it ends the program") {
  const auto code_with = [](rlim_t more) {
    const pid_t child = ::fork();
    if (child == 0) {
      ::alarm(60);  // another thread may have held a lock that the child waits for
      rlim_t pages = 0;
      std::ifstream("/proc/self/statm") >> pages;
      const rlim_t bytes = pages * rlim_t(::sysconf(_SC_PAGESIZE)) + more;
      const rlimit limit{bytes, bytes};
      if (::setrlimit(RLIMIT_AS, &limit) != 0) _exit(99);
      Picture image = black(64, 48);
      try {
        draw_boxes(image, std::vector<DrawnBox>{{{4, 4, 20, 20}, "name", "", kRed}});
      } catch (const base::Error& error) {
        _exit(int(error.code()));
      }
      _exit(0);
    }
    int status = 0;
    REQUIRE(::waitpid(child, &status, 0) == child);
    return WIFEXITED(status) ? WEXITSTATUS(status) : -WTERMSIG(status);
  };
  for (const rlim_t mib : {1, 8, 32, 63}) {
    INFO(mib << " MiB");
    CHECK(code_with(mib << 20) == int(base::ExitCode::resources));
  }
  CHECK(code_with(rlim_t(1) << 30) == 0);
}
#endif
