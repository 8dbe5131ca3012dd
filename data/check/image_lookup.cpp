#include "data/check/image_lookup.h"

#include <fmt/format.h>

#include <algorithm>
#include <chrono>
#include <string_view>
#include <utility>

#include "data/encoded_image.h"
#include "data/fingerprint.h"
#include "data/image/exif.h"
#include "data/image/file_traits.h"
#include "data/image/image_file.h"
#include "data/policy_option.h"
#include "data/similar_file.h"
#include "engine/base/counted.h"
#include "engine/base/error.h"
#include "engine/base/permitted.h"
#include "engine/base/worker_threads.h"

namespace data {
namespace {

// The head holds all that comes before the pixels, except in a few pictures. The tail holds the
// mark of the end, with what cameras append behind it.
constexpr size_t kHeadBytes = size_t{64} << 10, kTailBytes = size_t{4} << 10;

bool contains(const std::vector<uint8_t>& bytes, std::string_view mark) {
  return std::search(bytes.begin(), bytes.end(), mark.begin(), mark.end(),
                     [](uint8_t a, char b) { return a == static_cast<uint8_t>(b); }) != bytes.end();
}

std::string not_found_in(const Dataset& dataset) { return "not found in " + dataset.image_folder; }

// Says of the first images that were not found what their folder has in their place. For all of
// very many images, as of a wrong folder, that would take long and help nobody.
void tell_what_is_there(const Dataset& dataset, ImageFiles& files) {
  const std::string& folder = dataset.image_folder;
  std::error_code unknown;
  const bool absent = !folder.empty() && !std::filesystem::exists(folder, unknown);
  SimilarFiles similar;
  int64_t asked = 0;
  for (size_t i = 0; i < files.problems.size(); ++i)
    for (Problem& problem : files.problems[i]) {
      if (problem.kind != ProblemKind::missing_file || problem.text != not_found_in(dataset))
        continue;
      if (absent)
        problem.text += ", which does not exist";
      else if (asked++ < kSuggestions)
        problem.text += similar.in_words(folder, dataset.images[i].file_name);
    }
}

class Lookup {
 public:
  Lookup(const Dataset& dataset, const ImageEntry& image, std::vector<Problem>& found)
      : dataset_(dataset), image_(image), where_(image_location(dataset, image)), found_(found) {}

  ImageHead look() {
    ImageHead head;
    if (!is_there()) return head;
    try {
      head = read_head();
      head.usable = true;
      head.linked = linked_;
      compare_size(head);
    } catch (const base::Error& error) {
      add(ProblemKind::unreadable_image, error.what());
    }
    return head;
  }

 private:
  bool is_there() {
    if (image_.shard >= 0) return true;
    try {
      const std::filesystem::path path = image_path(dataset_, image_);
      std::error_code error;
      linked_ = std::filesystem::is_symlink(path, error);
      if (std::filesystem::exists(path, error)) return true;
      if (const std::string forbidden = base::forbidden_in_words(path); !forbidden.empty()) {
        add(ProblemKind::unreadable_image, forbidden);
        return false;
      }
      add(ProblemKind::missing_file,
          linked_ ? fmt::format("a symbolic link to {}, which leads to no file",
                                read_symlink(path, error).string())
                  : not_found_in(dataset_));
    } catch (const base::Error& error) {
      add(ProblemKind::outside_folder, error.what());
    }
    return false;
  }

  ImageHead read_head() {
    const EncodedImage encoded(dataset_, image_);
    std::vector<uint8_t> bytes = encoded.read(0, kHeadBytes);
    ImageHeader header;
    try {
      header = read_image_header(bytes, where_);
    } catch (const base::Error&) {
      if (bytes.size() == encoded.size()) throw;
      bytes = encoded.read(0, encoded.size());  // the metadata may be longer than the head
      header = read_image_header(bytes, where_);
    }
    const bool png = bytes[0] == 0x89;
    const size_t length = std::min<size_t>(encoded.size(), kTailBytes);
    const std::vector<uint8_t> tail = encoded.read(encoded.size() - length, length);
    const std::string_view end = png ? "IEND" : "\xff\xd9";
    if (!contains(tail, end)) decode(encoded);
    const int orientation = exif_orientation(bytes);
    return {.width = header.width,
            .height = header.height,
            .components = header.components,
            .bits = header.bits,
            .alpha = header.alpha,
            .orientation = orientation,
            .png = png,
            .content = content_mark(encoded.size(), tail, orientation),
            .pictures = traits_of(bytes).pictures};
  }

  // If there is no mark of the end where it should be, only decoding shows if something is missing.
  void decode(const EncodedImage& encoded) {
    Picture pixels;
    decode_image_into(encoded.read(0, encoded.size()), where_, {}, pixels);
  }

  void compare_size(const ImageHead& head) {
    const bool stored = has_stored_size(image_, head), upright = has_upright_size(image_, head);
    if (stored || (upright && dataset_.policy.exif == ExifPolicy::upright)) return;
    add(ProblemKind::size_mismatch,
        fmt::format("the picture is {} x {}, the annotations say {} x {}{}", head.width,
                    head.height, image_.width, image_.height,
                    upright ? ", as it is when turned by its EXIF orientation: give " +
                                  exif_option(dataset_.prefix, ExifPolicy::upright)
                            : ""));
  }

  void add(ProblemKind kind, std::string text) {
    found_.push_back(problem_at(kind, where_, std::move(text)));
  }

  const Dataset& dataset_;
  const ImageEntry& image_;
  std::string where_;
  std::vector<Problem>& found_;
  bool linked_ = false;
};

// Decodes some pictures of 16 bits per channel, spread over the data set, since only their pixels
// tell whether they are nearly black.
void look_at_pictures(const Dataset& dataset, const std::vector<ImageHead>& heads, int threads,
                      OddPictures& odd) {
  constexpr size_t kMost = 64;
  std::vector<size_t> deep;
  std::vector<FileTraits> traits(heads.size());
  for (size_t i = 0; i < heads.size(); ++i) {
    traits[i].pictures = heads[i].pictures;
    if (heads[i].usable && heads[i].bits == 16) deep.push_back(i);
  }
  const size_t count = std::min(kMost, deep.size());
  base::for_each_parallel(count, threads, [&](size_t n) {
    const size_t i = deep[n * deep.size() / count];
    try {
      const std::vector<uint8_t> file = read_encoded_image(dataset, dataset.images[i]);
      traits[i] = traits_of(file, decode_image(file, ""));
    } catch (const base::Error&) {  // whoever needs the picture will say what is wrong
    }
  });
  for (size_t i = 0; i < heads.size(); ++i)
    odd.add(image_location(dataset, dataset.images[i]), traits[i]);
}

}  // namespace

ImageFiles look_at_files(const Dataset& dataset, int threads) {
  const size_t count = dataset.images.size();
  ImageFiles files{std::vector<ImageHead>(count), std::vector<std::vector<Problem>>(count)};
  base::for_each_parallel(count, threads, [&](size_t i) {
    files.heads[i] = Lookup(dataset, dataset.images[i], files.problems[i]).look();
  });
  tell_what_is_there(dataset, files);
  return files;
}

FileLookup look_up_images(Dataset& dataset, int threads) {
  const auto start = std::chrono::steady_clock::now();
  FileLookup lookup;
  lookup.images = static_cast<int64_t>(dataset.images.size());
  ImageFiles files = look_at_files(dataset, threads);
  for (std::vector<Problem>& of_image : files.problems) {
    lookup.unusable += !of_image.empty();
    for (Problem& problem : of_image) lookup.problems.add(std::move(problem));
  }
  for (const ImageHead& head : files.heads) {
    lookup.linked += head.linked;
    lookup.contents.push_back(head.content);
  }
  look_at_pictures(dataset, files.heads, threads, lookup.odd);
  lookup.frames = settle_label_frames(dataset, files.heads);
  lookup.seconds = std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count();
  return lookup;
}

std::string FileLookup::first_problem() const {
  if (problems.kept().empty()) return "";
  const Problem& first = problems.kept().front();
  return first.where + ": " + first.text;
}

std::string FileLookup::in_words() const {
  std::string text =
      fmt::format("{} looked up in {:.2f} s", base::counted(images, "image file"), seconds);
  if (linked > 0) text += fmt::format(", {} of them through symbolic links", linked);
  if (unusable == 0) return text;
  text += fmt::format(": {} cannot be used", unusable);
  for (int i = 0; i < kProblemKinds; ++i) {
    const auto kind = static_cast<ProblemKind>(i);
    if (const int64_t count = problems.count(kind); count > 0)
      text += fmt::format(", {} {}", count, rule_of(kind).name);
  }
  return text + "; the first: " + first_problem();
}

}  // namespace data
