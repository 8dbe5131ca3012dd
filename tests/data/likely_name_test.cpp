// Names that are probably meant to be one.
#include "data/likely_name.h"

#include "tests/support/catch.h"

using Catch::Contains;
using data::alike_in_words, data::look_equal, data::simplified;

namespace {

const std::string kOne = "K\u00e4se", kTwo = "Ka\u0308se";  // one letter, or a letter and an accent

}  // namespace

TEST_CASE("names that differ in case, blanks, hyphens and underscores are simplified to one") {
  for (const char* name : {"traffic light", "Traffic-Light", "TRAFFIC_LIGHT", " traffic\tlight\n",
                           "traffic\u00a0light"})
    CHECK(simplified(name) == "trafficlight");
  CHECK(simplified("") == "");
  CHECK(simplified(" -_") == "");
  CHECK(simplified("Stra\u00dfe 2.5") == "strasse2.5");
  CHECK(simplified("\u041a\u041e\u0422") == simplified("\u043a\u043e\u0442"));
  CHECK(simplified("Bad \xff-Name") == "bad\xffname");  // not UTF-8
  CHECK(simplified(std::string("A\0 b", 4)) == std::string("a\0b", 3));
}

TEST_CASE("the forms that Unicode has for a letter are simplified to one") {
  CHECK(kOne != kTwo);
  CHECK(simplified(kOne) == simplified(kTwo));
  CHECK(simplified("K\u00c4SE") == simplified(kTwo));
  CHECK(simplified("\uac00") == simplified("\u1100\u1161"));  // Korean
  CHECK(simplified("Kase") != simplified(kOne));
  CHECK(look_equal(kOne, kTwo));
  CHECK_FALSE(look_equal(kOne, kOne));
  CHECK_FALSE(look_equal("a", "A"));
  CHECK_FALSE(look_equal("\xff", "\xfe"));
}

TEST_CASE("names that are alike are told with how they differ") {
  CHECK(alike_in_words({"bolt", "nut", "bolt nut"}) == "");
  CHECK(alike_in_words({"bolt", "bolt"}) == "");  // equal names are another matter
  CHECK(alike_in_words({"bolt", "nut", "Bolt "}) ==
        "'bolt' and 'Bolt ' differ only in case, blanks, - or _");
  const std::string pair = "'bolt' and '", differ = "' differ only in case, blanks, - or _";
  CHECK(alike_in_words({"bolt", "Bolt", "bolt "}) ==
        pair + "Bolt" + differ + "; " + pair + "bolt " + differ);
  CHECK_THAT(alike_in_words({"bolt", "Bolt", "bolt ", "BOLT", "b olt", "b-olt"}),
             Contains("'BOLT" + differ + "; and 2 more"));
  CHECK_THAT(alike_in_words({kOne, kTwo}), Contains("in their Unicode characters, although they"));
}
