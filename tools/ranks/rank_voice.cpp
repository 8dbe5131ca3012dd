#include "tools/ranks/rank_voice.h"

#include "engine/base/tell.h"
#include "engine/base/text.h"
#include "tools/command_line.h"

namespace tools {
namespace {

// Seconds that a rank waits for rank 0 to meet the same error: rank 0 may read its data more
// slowly.
constexpr double kPatience = 10, kMeetingPatience = 5;

bool first_of_machine(const engine::Collectives& ranks) {
  for (int r = 0; r < ranks.rank(); ++r)
    if (ranks.host(r) == ranks.host(ranks.rank())) return false;
  return true;
}

// An error as the rank that met it has it, without the name of this rank.
std::string without_its_rank(const engine::Collectives& ranks, const std::string& message) {
  for (int r = 0; r < ranks.size(); ++r)
    if (const std::string name = rank_in_words(ranks, r) + ": "; message.starts_with(name))
      return message.substr(name.size());
  return message;
}

bool first_rank_tells(engine::Collectives& ranks, const base::Error& error, bool names_a_rank) {
  if (ranks.rank() == 0 || first_of_machine(ranks)) return false;
  const std::string message = without_its_rank(ranks, error.what());
  // If the error names a rank that was lost, each rank prints it: the others may have lost this
  // rank.
  const bool lost = names_a_rank && message == error.what();
  if (lost && error.code() == base::ExitCode::resources) return false;
  const std::string words = ranks.last_words_of_first(names_a_rank ? 1 : kPatience);
  return words.find(base::printable(message)) != words.npos;
}

}  // namespace

int end_ranks(engine::Collectives& ranks, const base::Error& error) {
  const std::string told = engine::message_for_all(ranks, error);
  ranks.abort(error.code(), told);
  if (!first_rank_tells(ranks, error, told == error.what())) base::tell(told);
  return int(error.code());
}

int run_with_ranks(engine::Collectives& ranks, const std::function<int()>& work) {
  try {
    return work();
  } catch (const std::exception& error) {
    return end_ranks(ranks, as_error(error));
  }
}

int end_ranks_before_meeting(const engine::RankPlace& place, const base::Error& error) {
  if (place.rank == 0) base::tell(error.what());
  try {
    const auto ranks = engine::make_tcp_collectives(engine::meet(place, kMeetingPatience),
                                                    place.rank, kMeetingPatience);
    if (place.rank > 0) return end_ranks(*ranks, error);
    ranks->abort(error.code(), engine::message_for_all(*ranks, error));
  } catch (const base::Error&) {  // not all ranks have come
    if (place.rank > 0) base::tell(error.what());
  }
  return int(error.code());
}

}  // namespace tools
