// Reads texts line by line.
#pragma once
#include <algorithm>
#include <string>
#include <string_view>

#include "data/formats/encoding.h"
#include "engine/base/error.h"

namespace data {

// The message for a file that holds only zero bytes, as after a crash of the machine or on a full
// disk. Empty for any other file.
inline std::string zeros_in_words(std::string_view file) {
  if (file.empty() || file.find_first_not_of('\0') != file.npos) return "";
  return base::concatenate("the file holds only zero bytes (", file.size(),
                           " of them), as after a ",
                           "crash of the machine or on a full disk; copy or make it again");
}

// The message for a file that holds nothing, only blanks or only zero bytes; empty for any other
// file. It is for formats in which such a file has no meaning.
inline std::string nothing_in_words(std::string_view file) {
  if (file.empty()) return "the file is empty (0 bytes)";
  if (file.find_first_not_of(" \t\r\n\v\f") == file.npos) return "the file holds only blanks";
  return zeros_in_words(file);
}

// Removes UTF-8's byte order mark, which Windows editors write. Throws Error(data), which begins
// with `where`, if the text is UTF-16 or UTF-32, or has only zero bytes.
inline std::string_view plain_text(std::string_view text, const std::string& where) {
  if (const std::string wide = wide_in_words(text); !wide.empty())
    base::fail(base::ExitCode::data, where, ": ", wide);
  if (const std::string zeros = zeros_in_words(text); !zeros.empty())
    base::fail(base::ExitCode::data, where, ": ", zeros);
  if (text.starts_with("\xef\xbb\xbf")) text.remove_prefix(3);
  return text;
}

// The beginning of the line with which a merge conflict begins: seven < and a blank.
inline const std::string kMergeMark = std::string(7, '<') + ' ';
inline constexpr std::string_view kMergeConflict =
    "a merge conflict: the file holds two versions of a part; keep one of them, and remove the "
    "three lines that begin with seven <, = or >";

// The number of the first such line, counted from 1; 0 if there is none.
inline int merge_conflict_line(std::string_view text) {
  if (text.starts_with(kMergeMark)) return 1;
  const size_t at = text.find('\n' + kMergeMark);
  if (at == text.npos) return 0;
  return 2 + int(std::count(text.begin(), text.begin() + std::ptrdiff_t(at), '\n'));
}

// Calls take(line, number) for each line, numbered from 1, without blanks and '\r' at its end.
template <class Take> void for_lines(std::string_view text, Take take) {
  for (int number = 1; !text.empty(); ++number) {
    size_t end = std::min(text.find('\n'), text.size());
    std::string_view line = text.substr(0, end);
    while (!line.empty() && (line.back() == '\r' || line.back() == ' ')) line.remove_suffix(1);
    take(line, number);
    text.remove_prefix(std::min(end + 1, text.size()));
  }
}

}  // namespace data
