#include "data/formats/encoding.h"

#include <iconv.h>

#include <algorithm>
#include <cctype>
#include <memory>
#include <set>
#include <utility>

#include "engine/base/error.h"
#include "engine/base/text.h"

namespace data {
namespace {

using base::ExitCode, base::fail;

// The value of `encoding` in <?xml version="1.0" encoding="gbk"?>, in capitals; empty if there is
// none.
std::string declared_encoding(std::string_view xml) {
  if (!xml.starts_with("<?xml")) return "";
  std::string_view declaration = xml.substr(0, xml.find("?>"));
  constexpr std::string_view kKey = "encoding";
  const size_t key = declaration.find(kKey);
  if (key == declaration.npos) return "";
  declaration.remove_prefix(key + kKey.size());
  const size_t open = declaration.find_first_of("\"'");
  if (open == declaration.npos) return "";
  const size_t close = declaration.find(declaration[open], open + 1);
  if (close == declaration.npos) return "";
  std::string name(declaration.substr(open + 1, close - open - 1));
  std::ranges::transform(name, name.begin(), [](unsigned char c) { return std::toupper(c); });
  return name;
}

// Encodings without states, of which a letter has at most four bytes.
bool is_east_asian(const std::string& encoding) {
  static const std::set<std::string> kKnown{"GBK",       "GB2312",    "GB18030", "BIG5",
                                            "SHIFT_JIS", "SHIFT-JIS", "SJIS",    "CP932",
                                            "CP936",     "EUC-JP",    "EUC-KR",  "CP949"};
  return kKnown.contains(encoding);
}

bool is_convertible(const std::string& encoding) {
  return is_east_asian(encoding) || encoding == "KOI8-R" || encoding.starts_with("WINDOWS-125") ||
         (encoding.starts_with("ISO-8859-") && encoding != "ISO-8859-1");
}

bool is_ascii(char c) { return static_cast<unsigned char>(c) < 0x80; }

// Of a text in UTF-8: letters of three bytes and more begin with 0xe0 and above.
bool has_long_letters(std::string_view text) {
  return std::ranges::any_of(text, [](char c) { return static_cast<unsigned char>(c) >= 0xe0; });
}

EncodingDoubt doubt_of(std::string_view xml, const std::string& encoding) {
  const bool own = encoding.empty() || encoding == "UTF-8" || encoding == "UTF8";
  if (own || std::ranges::all_of(xml, is_ascii) || !base::is_utf8(xml)) return EncodingDoubt::none;
  return is_east_asian(encoding) && !has_long_letters(xml) ? EncodingDoubt::could_be_utf8
                                                           : EncodingDoubt::is_utf8;
}

struct Close {
  void operator()(iconv_t converter) const { iconv_close(converter); }
};

}  // namespace

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

XmlInUtf8 xml_in_utf8(std::string_view xml, const std::string& where) {
  const std::string encoding = declared_encoding(xml);
  if (!wide_encoding(xml).empty()) return {};
  const EncodingDoubt doubt = doubt_of(xml, encoding);
  if (doubt == EncodingDoubt::is_utf8 || !is_convertible(encoding)) return {"", doubt};
  const iconv_t opened = iconv_open("UTF-8", encoding.c_str());
  if (opened == iconv_t(-1))
    fail(ExitCode::data, where, ": the file declares the encoding ", base::printable_name(encoding),
         ", which this system cannot convert: save it as UTF-8");
  const std::unique_ptr<void, Close> converter(opened);
  constexpr size_t kMostBytes = 4;  // of a letter in UTF-8; it had one or more
  std::string text(xml.size() * kMostBytes, '\0');
  // iconv takes a pointer to char, but does not write through it.
  char *in = const_cast<char*>(xml.data()), *out = text.data();
  size_t in_left = xml.size(), out_left = text.size();
  if (iconv(opened, &in, &in_left, &out, &out_left) == size_t(-1)) {
    if (doubt == EncodingDoubt::could_be_utf8) return {"", EncodingDoubt::is_utf8};
    const auto line = 1 + std::count(xml.begin(), xml.end() - std::ptrdiff_t(in_left), '\n');
    fail(ExitCode::data, where, ":", line, ": a letter that is not of the encoding ",
         base::printable_name(encoding), ", which the file declares: save it as UTF-8");
  }
  text.resize(text.size() - out_left);
  return {std::move(text), doubt};
}

}  // namespace data
