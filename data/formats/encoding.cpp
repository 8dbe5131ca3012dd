#include "data/formats/encoding.h"

namespace data {

using namespace std::string_view_literals;

// Text of ASCII in 16 or 32 bits has NULs in the same places, also without a byte order mark.
std::string wide_encoding(std::string_view file) {
  if (file.starts_with("\xff\xfe\0\0"sv) || file.starts_with("\0\0\xfe\xff"sv)) return "UTF-32";
  if (file.starts_with("\xff\xfe"sv) || file.starts_with("\xfe\xff"sv)) return "UTF-16";
  if (file.size() < 4) return "";
  std::string nul;
  for (char c : file.substr(0, 4)) nul += c == 0 ? '0' : '1';
  if (nul == "1000") return "UTF-32LE";
  if (nul == "0001") return "UTF-32BE";
  if (nul == "1010") return "UTF-16LE";
  return nul == "0101" ? "UTF-16BE" : "";
}

std::string wide_in_words(std::string_view text) {
  const std::string encoding = wide_encoding(text);
  if (encoding.empty()) return "";
  return "the text is " + encoding +
         ", expected UTF-8: save it as UTF-8, or convert it, as with `iconv -f " + encoding +
         " -t UTF-8 OLD > NEW`";
}

}  // namespace data
