#include "engine/base/write_file.h"

#include <exception>
#include <memory>
#include <ostream>
#include <streambuf>
#include <vector>

#include "engine/base/temporary_name.h"
#include "engine/base/text.h"

namespace base {
namespace {

// Hands full buffers to the file, and keeps the first error, which a stream would swallow.
class FileBuffer : public std::streambuf {
 public:
  explicit FileBuffer(AtomicFile& file) : file_(file), buffer_(size_t(1) << 20) {
    setp(buffer_.data(), buffer_.data() + buffer_.size());
  }
  void finish() {
    sync();
    if (error_) std::rethrow_exception(error_);
  }

 protected:
  int sync() override {
    if (error_) return -1;
    try {
      file_.write(pbase(), size_t(pptr() - pbase()));
    } catch (const Error&) {
      error_ = std::current_exception();
    }
    setp(buffer_.data(), buffer_.data() + buffer_.size());
    return error_ ? -1 : 0;
  }
  int_type overflow(int_type c) override {
    if (sync() != 0) return traits_type::eof();
    if (!traits_type::eq_int_type(c, traits_type::eof())) sputc(traits_type::to_char_type(c));
    return traits_type::not_eof(c);
  }

 private:
  AtomicFile& file_;
  std::vector<char> buffer_;
  std::exception_ptr error_;
};

void write_into(AtomicFile& file, const std::function<void(std::ostream&)>& write) {
  FileBuffer buffer(file);
  std::ostream stream(&buffer);
  write(stream);
  buffer.finish();
}

void write_bytes(const std::filesystem::path& path, const void* data, size_t bytes,
                 WriteOptions options) {
  AtomicFile file(path.string(), std::move(options));
  file.write(data, bytes);
  file.commit();
}

}  // namespace

void write_file(const std::filesystem::path& path, std::span<const uint8_t> bytes,
                WriteOptions options) {
  write_bytes(path, bytes.data(), bytes.size(), std::move(options));
}

void write_file(const std::filesystem::path& path, std::string_view text, WriteOptions options) {
  write_bytes(path, text.data(), text.size(), std::move(options));
}

void write_file(const std::filesystem::path& path, const std::function<void(std::ostream&)>& write,
                WriteOptions options) {
  AtomicFile file(path.string(), std::move(options));
  write_into(file, write);
  file.commit();
}

void write_together(const std::vector<FileToWrite>& files, const WriteOptions& options) {
  std::vector<std::unique_ptr<AtomicFile>> written;
  std::vector<std::string> paths;
  for (const FileToWrite& file : files) {
    paths.push_back(file.path.string());
    written.push_back(std::make_unique<AtomicFile>(paths.back(), options));
    write_into(*written.back(), file.write);
    written.back()->make_whole();
  }
  const EndHeldOff whole;
  remove_files(paths, options);
  for (const auto& file : written) file->commit();
}

void create_folders(const std::filesystem::path& path) {
  std::error_code error;
  if (!path.empty()) std::filesystem::create_directories(path, error);
  if (error)
    fail(ExitCode::data, printable(path.string()), ": cannot be created: ", error.message());
}

}  // namespace base
