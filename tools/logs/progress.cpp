#include "tools/logs/progress.h"

#include <fmt/format.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include <cstdio>
#include <cstdlib>
#include <cstring>

#include "engine/base/time_text.h"

namespace logs {
namespace {

constexpr auto kRefresh = std::chrono::milliseconds(100);

size_t terminal_width() {
  winsize size{};
  bool known = ioctl(STDERR_FILENO, TIOCGWINSZ, &size) == 0 && size.ws_col > 0;
  constexpr size_t kUsual = 80;
  return known ? size.ws_col : kUsual;
}

}  // namespace

bool lively_terminal(int file_descriptor) {
  const char* term = std::getenv("TERM");
  const char* no_color = std::getenv("NO_COLOR");
  bool plain = (no_color && *no_color) || !term || std::strcmp(term, "dumb") == 0;
  return !plain && isatty(file_descriptor);
}

Progress::Progress(ProgressOptions options)
    : options_(std::move(options)),
      lively_(lively_terminal(STDERR_FILENO)),
      start_(std::chrono::steady_clock::now()),
      shown_(start_ - kRefresh) {}

Progress::~Progress() {
  if (moving_) std::fputs("\n", stderr);
}

bool Progress::wants(int64_t done) const {
  if (done == options_.total) return true;
  if (lively_) return std::chrono::steady_clock::now() - shown_ >= kRefresh;
  return options_.every > 0 && done % options_.every == 0;
}

std::string Progress::line(int64_t done, const std::string& detail) const {
  double seconds = std::chrono::duration<double>(std::chrono::steady_clock::now() - start_).count();
  int64_t own = done - options_.done_before;
  std::string text = fmt::format("{} {}", options_.unit, done);
  if (options_.total > 0)
    text += fmt::format("/{}  {}%", options_.total, 100 * done / options_.total);
  if (!detail.empty()) text += "  " + detail;
  if (own <= 0 || seconds <= 0) return text;
  if (options_.total > done)
    text += "  ETA " + base::duration_text(double(options_.total - done) * seconds / double(own));
  return text;
}

void Progress::clear() {
  if (moving_) std::fputs("\r\x1b[K", stderr);
  moving_ = false;
}

void Progress::update(int64_t done, const std::string& detail) {
  if (!wants(done)) return;
  std::string text = line(done, detail);
  if (!lively_) {
    std::fputs((text + "\n").c_str(), stderr);
    return;
  }
  clear();
  std::fputs(text.substr(0, terminal_width() - 1).c_str(), stderr);
  moving_ = true;
  shown_ = std::chrono::steady_clock::now();
}

void Progress::message(const std::string& text) {
  clear();
  std::fputs((text + "\n").c_str(), stderr);
}

}  // namespace logs
