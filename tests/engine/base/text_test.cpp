#include "engine/base/text.h"

#include "engine/base/counted.h"
#include "tests/support/catch.h"

using base::is_utf8, base::letters, base::printable, base::simplified;

TEST_CASE("printable: what can be read stays, what moves a terminal is escaped") {
  CHECK(printable("plain, \"quoted\", C:\\dir") == "plain, \"quoted\", C:\\dir");
  CHECK(printable("Käse 猫 \U0001f600") == "Käse 猫 \U0001f600");
  CHECK(printable("a\nb\tc\rd") == "a\\nb\\tc\\rd");
  CHECK(printable("\x1b[31mred\x7f") == "\\x1b[31mred\\x7f");
  CHECK(printable(std::string("nul\0!", 5)) == "nul\\x00!");
  CHECK(printable("\u0085\u009b\u2028") == "\\xc2\\x85\\xc2\\x9b\\xe2\\x80\\xa8");
  CHECK(printable("gpj.\u202eexe") == "gpj.\\xe2\\x80\\xaeexe");
  CHECK(printable("").empty());
}

TEST_CASE("printable: bytes that are not UTF-8 are shown as bytes") {
  CHECK(printable("caf\xe9.jpg") == "caf\\xe9.jpg");
  CHECK(printable("\xc3") == "\\xc3");
  CHECK(printable("\xe2\x82") == "\\xe2\\x82");
  CHECK(printable("\xc0\xaf") == "\\xc0\\xaf");                    // overlong /
  CHECK(printable("\xed\xa0\x80") == "\\xed\\xa0\\x80");           // a surrogate
  CHECK(printable("\xf4\x90\x80\x80") == "\\xf4\\x90\\x80\\x80");  // above U+10FFFF
  CHECK(printable("\xff\xfe") == "\\xff\\xfe");
}

TEST_CASE("printable: twice is once, and long names end in dots") {
  const std::string odd = "a\x01\xff\n\u202e";
  CHECK(printable(printable(odd)) == printable(odd));
  CHECK(printable("abcdef", 3) == "abc...");
  CHECK(printable("abc", 3) == "abc");
  CHECK(printable("ä\u00e4", 1) == "ä...");
  CHECK(printable("ää\xffä", 3) == "ää\\xff...");  // counted by letters
  CHECK(printable("ääää", 4) == "ääää");
}

TEST_CASE("letters are characters, and bytes that belong to none") {
  CHECK(letters("") == 0);
  CHECK(letters("abc") == 3);
  CHECK(letters("\u00e4\u4e2d\U0001f600") == 3);  // of two, three and four bytes
  CHECK(letters("a\xff\xe4\xb8z") == 5);
}

TEST_CASE("UTF-8 as RFC 3629 has it") {
  for (const char* good : {"", "abc", "\x7f", "\xc2\x80", "\xdf\xbf", "\xe0\xa0\x80",
                           "\xed\x9f\xbf", "\xee\x80\x80", "\xf0\x90\x80\x80", "\xf4\x8f\xbf\xbf"})
    CHECK(is_utf8(good));
  for (const char* bad : {"\x80", "\xc1\xbf", "\xc2", "\xc2\x41", "\xe0\x9f\xbf", "\xed\xa0\x80",
                          "\xf0\x8f\xbf\xbf", "\xf4\x90\x80\x80", "\xf5\x80\x80\x80", "a\xff"})
    CHECK_FALSE(is_utf8(bad));
}

TEST_CASE("simplified: names that differ in case, blanks, hyphens and underscores are equal") {
  for (const char* name : {"traffic light", "Traffic-Light", "TRAFFIC_LIGHT", " traffic\tlight\n"})
    CHECK(simplified(name) == "trafficlight");
  CHECK(simplified("") == "");
  CHECK(simplified(" -_") == "");
  CHECK(simplified("Stra\u00dfe 2.5") == "stra\u00dfe2.5");  // other letters stay as they are
}

TEST_CASE("counted: one of a thing is in the singular") {
  CHECK(base::counted(1, "image") == "1 image");
  CHECK(base::counted(0, "image") == "0 images");
  CHECK(base::counted(2, "box") == "2 boxes");
  CHECK(base::counted(1, "box") == "1 box");
  CHECK(base::counted(3, "class") == "3 classes");
  CHECK(base::counted(2, "category") == "2 categories");
  CHECK(base::counted(2, "key") == "2 keys");
  CHECK(base::counted(5, "label file") == "5 label files");
  CHECK(base::noun_for(1, "batch") == "batch");
  CHECK(base::noun_for(2, "batch") == "batches");
}
