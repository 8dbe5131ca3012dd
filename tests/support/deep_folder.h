// A folder whose path is longer than the system takes, which not even root can open by it.
#pragma once
#include <filesystem>

namespace tests {

// Makes folders in `folder`, one in another, until the path of the last one is too long. They can
// be removed as any other folders.
void make_too_deep(const std::filesystem::path& folder);

}  // namespace tests
