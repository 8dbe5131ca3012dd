// What a file is by its first bytes, for files that are given as JSON but are something else.
#pragma once
#include <string>
#include <string_view>

namespace data {

// The first byte that is no blank and no byte order mark; 0 if there is none.
char first_letter(std::string_view file);

// Whether it is a picture: JPEG or PNG.
bool is_picture(std::string_view file);

// Whether the first line is one of words between commas, semicolons or tabs.
bool is_table(std::string_view file);

// Whether it begins as a shard of TFRecords.
bool is_record_file(std::string_view file);

// Whether it looks like the data.yaml of YOLO.
bool is_data_yaml(std::string_view file);

// What to do with a file that has to be unpacked, fetched or saved in another encoding first, such
// as "a gzip file: unpack it with gunzip". Empty for any other file.
std::string packed_in_words(std::string_view file);

}  // namespace data
