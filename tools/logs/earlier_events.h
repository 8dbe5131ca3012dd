// Files of events of an earlier part of the run, which EventFile continues.
#pragma once
#include <cstdint>
#include <string>

namespace logs {

inline constexpr char kEventFilePrefix[] = "events.out.tfevents.";  // the time follows
inline constexpr uint32_t kStepOfEvent = 2;  // the field's number in a message tensorflow.Event

// The path of the newest event file of a folder; empty if there is none.
std::string newest_events(const std::string& folder);

// Cuts the file before the first event that is damaged or of a later step. If an event is damaged,
// keeps a copy of the file, and returns words about it. Else returns nothing.
std::string cut_events_after(const std::string& path, int64_t last_step);

}  // namespace logs
